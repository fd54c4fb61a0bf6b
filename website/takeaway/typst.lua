-- Finished HTML as Typst: figures with their alternative text, boxes for callouts, formulas that can be
-- read aloud, and no link to a place that the document does not have.

local known = {}

local function raw(text) return pandoc.RawBlock("typst", text) end

local function quote(text)
  return '"' .. text:gsub("\\", "\\\\"):gsub('"', '\\"'):gsub("%s+", " ") .. '"'
end

local function label(id) return id ~= "" and " <" .. id .. ">" or "" end

local function note(el)
  if el.identifier and el.identifier ~= "" then known[el.identifier] = true end
end

local function first(blocks, kind)
  local found
  blocks:walk({ [kind] = function(el) found = found or el end })
  return found
end

-- A table keeps its own caption; the figure around it only named it
local function figure(el)
  local image, inner = first(el.content, "Image"), first(el.content, "Table")
  if inner then
    inner.identifier = el.identifier
    if #inner.caption.long == 0 then inner.caption = el.caption end
    return inner
  end
  if not image then return el.content end
  local caption = pandoc.utils.blocks_to_inlines(el.caption.long)
  local alt = pandoc.utils.stringify(image.caption)
  return {
    raw("#figure(image(" .. quote(image.src) .. ", width: 84%, alt: " .. quote(alt) .. "), caption: ["),
    pandoc.Plain(caption),
    raw("])" .. label(el.identifier)),
  }
end

local function division(el)
  if el.classes:includes("callout") then
    local result = pandoc.Blocks({ raw("#callout[") })
    result:extend(el.content)
    result:insert(raw("]"))
    return result
  end
  if el.classes:includes("callout-header") then
    return pandoc.Para({ pandoc.Strong(pandoc.utils.blocks_to_inlines(el.content)) })
  end
  if el.classes:includes("panel-tabset") then -- each tab has its name above it as well
    return el.content:filter(function(block) return block.t ~= "BulletList" end)
  end
  if el.identifier == "" then return el.content end
end

local function math(el)
  local written = pandoc.write(pandoc.Pandoc({ pandoc.Plain({ el }) }), "typst"):gsub("%s+$", "")
  local block = el.mathtype == "DisplayMath" and "true" or "false"
  return pandoc.RawInline("typst",
    "#math.equation(block: " .. block .. ", alt: " .. quote(el.text) .. ", " .. written .. ")")
end

local function link(el)
  local id = el.target:match("^#(.*)$")
  if id and not known[id] then return el.content end
  el.identifier = ""
  return el
end

local function span(el)
  if el.classes:includes("eq-number") then return nil end
  if el.classes:includes("equation") then -- the formula, and its number at the right
    local result = pandoc.Inlines({ pandoc.RawInline("typst", "#equation[") })
    for _, part in ipairs(el.content) do
      if part.t == "Span" then result:insert(pandoc.RawInline("typst", "][")) end
      result:insert(part)
    end
    result:insert(pandoc.RawInline("typst", "]" .. label(el.identifier)))
    return result
  end
  if el.identifier ~= "" and not known[el.identifier] then el.identifier = "" end
  if #el.content == 0 then return {} end
  if el.identifier == "" then return el.content end
end

return {
  { Figure = figure },
  { Header = note, Table = note, Span = function(el)
      if el.classes:includes("equation") then note(el) end
    end, RawBlock = function(el)
      local id = el.text:match("^%]%) <(.*)>$")
      if id then known[id] = true end
    end,
    Div = function(el)
      if not (el.classes:includes("callout") or el.classes:includes("panel-tabset")) then note(el) end
    end },
  { Link = link, Math = math, HorizontalRule = function() return {} end },
  { Span = span, Div = division },
}
