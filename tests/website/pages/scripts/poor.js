const poor = [], walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
let judged = 0;
const judge = (words, e, style) => {
  const colour = [...rgba(style.color)];
  for (let p = e; p; p = p.parentElement) colour[3] *= parseFloat(getComputedStyle(p).opacity);
  const ratio = contrast(over(colour, behind(e)), behind(e)), size = parseFloat(style.fontSize);
  const large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
  judged += 1;
  if (ratio < (large ? 3 : 4.5)) poor.push(`${where(e)} has a contrast of ${ratio.toFixed(2)}`);
};
while (walk.nextNode()) {
  const e = walk.currentNode.parentElement, words = walk.currentNode.textContent.trim();
  if (words && !e.closest('script, style') && shown(e) && e.getBoundingClientRect().width > 1)
    judge(words, e, getComputedStyle(e));
}
all('input[placeholder]').filter(shown).forEach(e => judge(e.placeholder, e, getComputedStyle(e, '::placeholder')));
return {poor, judged};
