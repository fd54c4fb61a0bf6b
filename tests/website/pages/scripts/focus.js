// What a reader reaches by keyboard and cannot see that it has. Press a key first: a browser shows the
// focus that a script sets only where the last one came from the keyboard.
const stops = all('a[href], button, input, summary, [tabindex="0"]').filter(e => shown(e) && !e.disabled);
const unseen = [];
stops.forEach(e => {
  const bare = getComputedStyle(e).boxShadow;
  e.focus({preventScroll: true, focusVisible: true});
  if (document.activeElement !== e) { unseen.push(`${where(e)} takes no focus`); return; }
  const style = getComputedStyle(e), width = style.outlineStyle === 'none' ? 0 : parseFloat(style.outlineWidth);
  const ratio = contrast(over(rgba(style.outlineColor), behind(e.parentElement)), behind(e.parentElement));
  if (width < 2 && style.boxShadow === bare) unseen.push(`${where(e)} shows no outline`);
  else if (width >= 2 && ratio < 3) unseen.push(`${where(e)} has an outline of contrast ${ratio.toFixed(2)}`);
});
if (document.activeElement) document.activeElement.blur();
return {stops: stops.length, unseen};
