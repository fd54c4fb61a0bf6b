-- The dialect of the pages as a pandoc filter: cross-references, floats, callouts, tabsets and
-- folded code (check.lua has looked at everything first). What is wrong raises
-- RENDER|kind|construct|message, which pandoc.py turns into an error with file and line.

local slides = FORMAT:match("revealjs") ~= nil
local numbered = { fig = {}, tbl = {}, sec = {}, eq = {} }
local names = { fig = "Figure", tbl = "Table", sec = "Section", eq = "Equation" }
local order = { fig = 0, tbl = 0, eq = 0 }
local label_of = {}
local number_sections, captions_on_top = false, false
local tabsets = 0
local TITLES = { note = "Note", tip = "Tip", warning = "Warning", important = "Important", caution = "Caution" }

local function fail(kind, construct, message)
  error("RENDER|" .. kind .. "|" .. construct .. "|" .. message .. "|END", 0)
end

-- Numbers ---------------------------------------------------------------------------------------

local function kind_of(id)
  local kind = id:match("^(%a+)%-")
  return kind and numbered[kind] and kind or nil
end

local function give(id, number)
  local kind = kind_of(id)
  if numbered[kind][id] then fail("duplicate", id, "duplicate label") end
  numbered[kind][id] = number
end

local function count(el)
  local kind = kind_of(el.identifier)
  if kind == "fig" or kind == "tbl" then
    order[kind] = order[kind] + 1
    give(el.identifier, tostring(order[kind]))
  end
end

local depth = {}
local function count_header(el)
  if el.classes:includes("unnumbered") then return nil end
  for level = el.level + 1, 6 do depth[level] = 0 end
  depth[el.level] = (depth[el.level] or 0) + 1
  local parts = {}
  for level = 1, el.level do
    if (depth[level] or 0) > 0 or #parts > 0 then table.insert(parts, tostring(depth[level] or 0)) end
  end
  local number = table.concat(parts, ".")
  if slides and el.level == 1 and not el.attributes["background-color"] and not el.attributes["background-image"] then
    el.attributes["background-color"] = "var(--brand-charcoal)"
  end
  if kind_of(el.identifier) == "sec" then give(el.identifier, number) end
  if slides then return el end
  if number_sections then
    el.content:insert(1, pandoc.Space())
    el.content:insert(1, pandoc.Span(number, { class = "header-section-number" }))
    return el
  end
end

-- An equation is `$$ … $$ {#eq-x}`: pandoc leaves the label as text after the formula
local function count_equations(inlines)
  local result, i = pandoc.Inlines({}), 1
  while i <= #inlines do
    local el = inlines[i]
    if el.t == "Math" and el.mathtype == "DisplayMath" then
      local skip = inlines[i + 1] and inlines[i + 1].t:match("Space$") and 2 or
        inlines[i + 1] and inlines[i + 1].t == "SoftBreak" and 2 or 1
      local after = inlines[i + skip]
      local id = after and after.t == "Str" and after.text:match("^{#(eq%-[%w_-]+)}$")
      if id then
        order.eq = order.eq + 1
        give(id, tostring(order.eq))
        result:insert(pandoc.Span({ el, pandoc.Span("(" .. order.eq .. ")", { class = "eq-number" }) },
          { id = id, class = "equation" }))
        i = i + skip
      else
        result:insert(el)
      end
    else
      result:insert(el)
    end
    i = i + 1
  end
  return result
end

local collect = {
  traverse = "topdown",
  Header = count_header,
  Inlines = count_equations,
  Figure = count,
  Table = count,
  Div = count,
}

-- Floats ----------------------------------------------------------------------------------------

local function html(text) return pandoc.RawBlock("html", text) end

local function with_number(caption, id)
  local kind = kind_of(id)
  if not kind then return caption end
  local number = names[kind] .. "\u{a0}" .. numbered[kind][id] .. ":"
  local result = pandoc.Inlines({ pandoc.Span(number, { class = "float-number" }), pandoc.Space() })
  result:extend(caption)
  return result
end

local function escape(text)
  return (text:gsub("&", "&amp;"):gsub('"', "&quot;"):gsub("<", "&lt;"):gsub(">", "&gt;"))
end

local function set_alt(blocks, alt, id)
  return blocks:walk({ Image = function(image)
    local text = image.attributes["fig-alt"] or image.attributes.alt or alt
    image.attributes["fig-alt"] = nil
    if kind_of(id) == "fig" and (not text or text == "") then
      fail("alt", id, "a figure needs fig-alt: say in words what it shows")
    end
    image.attributes.alt = text or pandoc.utils.stringify(image.caption)
    image.caption = pandoc.Inlines({})
    return image
  end })
end

local function figure(id, blocks, caption, alt)
  local result = pandoc.Blocks({ html('<figure class="quarto-float figure"'
    .. (id ~= "" and ' id="' .. escape(id) .. '"' or "") .. ">") })
  local words = #caption == 0 and {} or { html('<figcaption class="figure-caption">'),
    pandoc.Plain(with_number(caption, id)), html("</figcaption>") }
  if captions_on_top then result:extend(words) end
  result:extend(set_alt(blocks, alt, id))
  if not captions_on_top then result:extend(words) end
  result:insert(html("</figure>"))
  return result
end

local function tidy_table(el)
  if el.identifier ~= "" and kind_of(el.identifier) == "tbl" then
    if #el.caption.long == 0 then fail("caption", el.identifier, "a numbered table needs a caption") end
    local first = el.caption.long[1]
    first.content = with_number(first.content, el.identifier)
  end
  el.attributes["tbl-colwidths"] = nil
  el.classes:insert("table")
  return el
end

-- `::: {#fig-x}` or `::: {#tbl-x}`: content, and the caption as its last paragraph
local function float_division(el)
  local id, kind = el.identifier, kind_of(el.identifier)
  kind = kind or el.classes:includes("plain-fig") and "fig" or el.classes:includes("plain-tbl") and "tbl"
  if kind ~= "fig" and kind ~= "tbl" then return nil end
  local blocks, caption = pandoc.Blocks(el.content), nil
  for i = #blocks, 1, -1 do
    if blocks[i].t == "Para" and not blocks[i].content[1].t:match("Image") then
      caption = blocks[i].content
      blocks:remove(i)
      break
    end
  end
  if not caption then fail("caption", id, "needs a caption as its last paragraph") end
  if kind == "fig" then
    for i, block in ipairs(blocks) do
      if block.t == "Para" then blocks[i] = pandoc.Plain(block.content) end
    end
    return figure(id, blocks, caption, el.attributes["fig-alt"])
  end
  local result = pandoc.Blocks({ html('<figure class="quarto-float table-figure"'
    .. (id ~= "" and ' id="' .. escape(id) .. '"' or "") .. '><figcaption class="tbl-caption">') })
  result:insert(pandoc.Plain(with_number(caption, id)))
  result:insert(html("</figcaption>"))
  result:extend(blocks)
  result:insert(html("</figure>"))
  return result
end

-- Callouts, tabsets, margin, code -----------------------------------------------------------------

local function callout(el, kind)
  local blocks, title = pandoc.Blocks(el.content), el.attributes.title
  local heading = title and pandoc.utils.blocks_to_inlines(pandoc.read(title, "markdown-raw_html").blocks)
  local function refuse(el) fail("unknown", el.text, "raw HTML is not in the dialect: write Markdown") end
  if heading then heading:walk({ RawInline = refuse }) end
  if not heading and blocks[1] and blocks[1].t == "Header" then
    heading = blocks[1].content
    blocks:remove(1)
  end
  local collapse = el.attributes.collapse
  if collapse and collapse ~= "true" and collapse ~= "false" then
    fail("unknown", "collapse", "collapse is true or false")
  end
  local outer, inner = collapse and "details" or "div", collapse and "summary" or "div"
  -- What a script of ours looks for keeps its name
  local also = table.concat(el.classes:filter(function(class) return class:match("^explore") end), " ")
  if also ~= "" then also = " " .. also end
  local result = pandoc.Blocks({ html("<" .. outer .. ' class="callout callout-' .. kind .. also .. '"'
    .. (collapse and "" or ' role="note"') .. (collapse == "false" and " open" or "") .. "><" .. inner
    .. ' class="callout-header"><span class="callout-title-container">') })
  result:insert(pandoc.Plain(heading or pandoc.Inlines({ pandoc.Str(TITLES[kind]) })))
  result:insert(html("</span></" .. inner .. '><div class="callout-body">'))
  result:extend(blocks)
  result:insert(html("</div></" .. outer .. ">"))
  return pandoc.Div(result, { class = "callout-box" })
end

local function tabset(el)
  local tabs = {}
  for _, block in ipairs(el.content) do
    if block.t == "Header" and (#tabs == 0 or block.level == tabs[1].level) then
      table.insert(tabs, { title = block.content, level = block.level, blocks = pandoc.Blocks({}) })
    elseif #tabs == 0 then
      fail("unknown", "panel-tabset", "a tabset starts with the heading of its first tab")
    else
      tabs[#tabs].blocks:insert(block)
    end
  end
  tabsets = tabsets + 1
  local list, panes = pandoc.Blocks({}), pandoc.Blocks({})
  for i, tab in ipairs(tabs) do
    local id = "tabset-" .. tabsets .. "-" .. i
    local on = i == 1
    list:insert(html('<li class="nav-item" role="presentation"><button type="button" class="nav-link'
      .. (on and " active" or "") .. '" role="tab" id="' .. id .. '-tab" aria-controls="' .. id
      .. '" aria-selected="' .. tostring(on) .. '"' .. (on and "" or ' tabindex="-1"') .. ">"))
    list:insert(pandoc.Plain(tab.title))
    list:insert(html("</button></li>"))
    panes:insert(html('<div class="tab-pane' .. (on and " active" or "") .. '" role="tabpanel" id="' .. id
      .. '" aria-labelledby="' .. id .. '-tab" tabindex="0"><p class="tab-heading">'))
    panes:insert(pandoc.Plain(tab.title))
    panes:insert(html("</p>"))
    panes:extend(tab.blocks)
    panes:insert(html("</div>"))
  end
  local result = pandoc.Blocks({ html('<ul class="nav nav-tabs" role="tablist">') })
  result:extend(list)
  result:insert(html('</ul><div class="tab-content">'))
  result:extend(panes)
  result:insert(html("</div>"))
  -- A division keeps the headings inside out of the table of contents
  return pandoc.Div(result, { class = "panel-tabset" })
end

local function structure(el)
  for kind in pairs(TITLES) do
    if el.classes:includes("callout-" .. kind) then return callout(el, kind) end
  end
  if el.classes:includes("panel-tabset") then return tabset(el) end
  if el.classes:includes("column-margin") then el.attributes.role = "note" return el end
  if (el.classes:includes("run-banner") or el.classes:includes("run-provenance"))
    and pandoc.utils.stringify(el) == "" then
    return {}
  end
end

local function code(el)
  if not el.classes:includes("cell-code") then return nil end
  local fold, summary = el.attributes.fold, el.attributes.summary
  el.attributes.fold, el.attributes.summary = nil, nil
  if fold == "none" then return el end
  return { html('<details class="code-fold"' .. (fold == "open" and " open" or "") .. "><summary>"
    .. escape(summary) .. "</summary>"), el, html("</details>") }
end

-- References --------------------------------------------------------------------------------------

local function reference(cite)
  local result, refs = pandoc.Inlines({}), 0
  for i, item in ipairs(cite.citations) do
    local kind = item.id:match("^(%a+)%-")
    if not kind or not names[kind] then
      if refs > 0 then fail("crossref", item.id, "citations and cross-references do not mix in one bracket") end
      return nil
    end
    local number = numbered[kind][item.id]
    if not number then fail("crossref", "@" .. item.id, "no such label on this page") end
    refs = refs + 1
    if i > 1 then result:insert(pandoc.Str(",")) result:insert(pandoc.Space()) end
    local text = item.mode == "SuppressAuthor" and number or names[kind] .. "\u{a0}" .. number
    if #item.prefix > 0 then
      text = number
      result:extend(item.prefix)
      result:insert(pandoc.Str("\u{a0}"))
    end
    result:insert(pandoc.Link(text, "#" .. item.id, "", { class = "quarto-xref" }))
    result:extend(item.suffix)
  end
  return result
end

return {
  { Meta = function(meta)
    number_sections = meta["number-sections"] == true
    captions_on_top = meta["captions-on-top"] == true
  end },
  { Div = structure },
  collect,
  { Div = float_division, CodeBlock = code, Table = tidy_table,
    Figure = function(el)
      local caption = el.caption.long[1] and pandoc.utils.blocks_to_inlines(el.caption.long) or pandoc.Inlines({})
      return figure(el.identifier, el.content, caption)
    end },
  { Cite = reference },
}
