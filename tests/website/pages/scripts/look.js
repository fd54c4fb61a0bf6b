// What is on the page, for the rules to judge.
const captionOf = e => {
  const figure = e.closest('figure');
  return text(e.querySelector(':scope > caption') || (figure && figure.querySelector('figcaption, caption')));
};
const top = e => e.getBoundingClientRect().top;
const ids = all('[id]').map(e => e.id);
return {
  lang: document.documentElement.lang,
  title: document.title,
  description: (document.querySelector('meta[name=description]') || {content: ''}).content,
  headings: all('h1, h2, h3, h4, h5, h6').map(h => [Number(h.tagName[1]), text(h)]),
  mains: all('main, [role=main]').length,
  images: all('img').map(i => ({where: `<img ${i.src.startsWith('data:') ? 'inlined' : i.src.split('/').pop()}> in #${(i.closest('[id]') || {}).id}`,
    alt: i.getAttribute('alt'), caption: captionOf(i), drawn: i.naturalWidth, logo: i.className === 'navbar-logo',
    width: i.getBoundingClientRect().width})),
  figures: all('figure').map(f => ({where: where(f), caption: captionOf(f), below: Boolean(f.querySelector('img')) &&
    top(f.querySelector('figcaption')) > top(f.querySelector('img'))})),
  tables: all('table').map(t => ({where: where(t), caption: captionOf(t), columns: all('thead th', t).length,
    unscoped: all('th', t).filter(h => !['col', 'row'].includes(h.scope)).map(text),
    unnamed: all('th', t).filter(h => !text(h)).length,
    boxed: Boolean(t.closest('.table-scroll')) || getComputedStyle(t).overflowX === 'auto'})),
  links: all('a[href]').map(a => [where(a), a.href]),
  loads: all('img, script[src], link[rel=stylesheet]').map(e => e.src || e.href),
  anchors: ids,
  twice: ids.filter((id, at) => ids.indexOf(id) !== at),
  words: document.body.innerText.split(/\s+/).filter(Boolean).length,
  banner: text(document.querySelector('.run-banner')),
  provenance: text(document.querySelector('.run-provenance')),
};
