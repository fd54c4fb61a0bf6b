// Resolves once the page stays as it is: its fonts and images are there, no motion with an end is under way,
// and two frames in succession found the same layout.
async () => {
  const still = () => Promise.allSettled([document.fonts.ready,
    ...Array.from(document.images).map(i => i.decode()),
    ...document.getAnimations().filter(a => a.playState === 'running' && a.effect.getComputedTiming().endTime < Infinity).map(a => a.finished)]);
  const frame = () => new Promise(requestAnimationFrame);
  const layout = () => { const root = document.documentElement;
    return [innerWidth, innerHeight, scrollX, scrollY, root.scrollWidth, root.scrollHeight,
      document.querySelectorAll('*').length].join(); };
  let before, now;
  do {
    before = now;
    await still();
    await frame(); await frame(); // the first ends with what watches sizes, the second sees what that did
    now = layout();
  } while (now !== before);
}
