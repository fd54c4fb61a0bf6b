"""Train the published TG-CNN layer, from its public source, in an environment that has TensorFlow.

``python published_layer.py CHECKOUT EDGES.npz SECONDS``: run by `benchmarks.temporal_nets`, which makes the
environment and the file of edges. Prints people per processor second; writes what the layer returns.
"""

from __future__ import annotations

import resource
import sys

import numpy as np


def main(checkout: str, file: str, seconds: float) -> None:
    """Take steps of Adam on the layer as it is published, one after another, as its own loop does."""
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    sys.path.insert(0, checkout)
    from src.TGCNN_layer import TGCNN_layer

    given = np.load(file)
    n_people, n_codes, n_steps = given["shape"].tolist()
    size, _, n_filters = given["filters"].shape
    graphs = tf.sparse.reorder(
        tf.SparseTensor(given["places"], given["gaps"], (n_people, n_codes, n_codes, n_steps))
    )
    # Without its decay that can be learnt, which each call overwrites: exp(-gap)
    layer = TGCNN_layer(
        n_codes,
        n_steps,
        n_filters,
        size,
        1,
        variable_gamma=False,
        exponential_scaling=True,
        no_timestamp=False,
    )
    weights = given["filters"].reshape(size, n_codes**2, n_filters).transpose(1, 0, 2)
    layer.w.assign(weights.reshape(-1, n_filters))
    np.save(file.replace(".npz", ".found.npy"), layer(graphs).numpy()[:, :, 0])
    optimiser = tf.keras.optimizers.Adam(1e-3)

    def step() -> None:
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(layer(graphs) ** 2)
        # Its model would take trainable_weights: none, under Keras 3
        optimiser.apply_gradients([(tape.gradient(loss, layer.w), layer.w)])

    step()
    begun, n = work(), 0
    while work() - begun < seconds:
        step()
        n += n_people
    print(n / (work() - begun), len(layer.trainable_weights))


def work() -> float:
    """Return the processor time of this process so far, in seconds."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]))
