// The slide that is shown: what reaches out of it or under the footer, text too small to read, what is in it.
const slide = Reveal.getCurrentSlide(), footer = document.querySelector('.reveal > .footer');
const floor = footer.getBoundingClientRect().top;
const parts = all('*', slide).filter(e => !e.closest('aside') && e.getClientRects().length);
const out = parts.filter(e => { const b = e.getBoundingClientRect();
  return b.left < 0 || b.top < 0 || b.right > innerWidth + 0.5 || b.bottom > floor + 0.5; });
const cut = parts.filter(e => /hidden|clip/.test(getComputedStyle(e).overflow) && text(e) &&
  (e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1));
const small = parts.filter(e => Array.from(e.childNodes).some(n => n.nodeType === 3 && n.data.trim()) &&
  parseFloat(getComputedStyle(e).fontSize) < 16);
const painted = getComputedStyle(Reveal.getSlideBackground(slide)).backgroundColor;
return {
  at: Reveal.getSlidePastCount(), id: slide.id, section: slide.classList.contains('title-slide'),
  heading: text(slide.querySelector('h1, h2')), out: out.map(where), cut: cut.map(where), small: small.map(where),
  images: all('img', slide).map(i => { const b = i.getBoundingClientRect();
    return [b.width, b.height, i.naturalWidth / i.naturalHeight]; }),
  captions: all('figcaption', slide).length,
  notes: text(slide.querySelector('aside.notes')),
  ground: painted === 'rgba(0, 0, 0, 0)' ?
    getComputedStyle(document.querySelector('.reveal-viewport')).backgroundColor : painted,
  footer: footer.checkVisibility() && floor < innerHeight ? footer.innerText.trim() : '',
  last: Reveal.isLastSlide() && !Reveal.availableFragments().next,
};
