-- What the dialect allows, and nothing else: an unknown division, attribute or raw HTML raises
-- RENDER|kind|construct|message, which pandoc.py turns into an error with file and line.

local slides = FORMAT:match("revealjs") ~= nil

local function set(...)
  local result = {}
  for _, item in ipairs({ ... }) do result[item] = true end
  return result
end

local function fail(kind, construct, message)
  error("RENDER|" .. kind .. "|" .. construct .. "|" .. message .. "|END", 0)
end

local DIV = set("columns", "column", "column-margin", "panel-tabset", "callout-note", "callout-tip",
  "callout-warning", "callout-important", "callout-caution", "lead", "source", "key-figures",
  "key-figure", "run-banner", "run-provenance", "embed", "cell-output", "plain-fig", "plain-tbl",
  "explore", "explore-funnel", "explore-series")
local SLIDE_DIV = set("incremental", "nonincremental", "fragment", "notes", "columns", "column",
  "embed", "cell-output", "plain-fig", "plain-tbl", "lead", "source", "key-figures", "key-figure",
  "run-banner", "run-provenance")
local ATTRIBUTES = {
  Header = set("background-color", "background-image", "background-size", "background-position",
    "background-repeat", "background-opacity"),
  Div = set("collapse", "title", "icon", "appearance", "width", "fig-alt", "fragment-index"),
  Span = set("fragment-index"),
  Image = set("fig-alt", "alt", "width", "height"),
  Table = set("tbl-colwidths"),
  CodeBlock = set("fold", "summary"),
  Code = set(), Link = set(), Figure = set(),
}
local HEADER = set("unnumbered", "unlisted")
local SPAN = set("fragment", "source", "lead", "smallcaps", "underline", "key-value")

local function check_attributes(el, allowed)
  for key in pairs(el.attributes or {}) do
    if not allowed[key] then
      fail("unknown", key, "attribute " .. key .. " is not in the dialect")
    end
  end
end

local function check_classes(el, allowed, what)
  for _, class in ipairs(el.classes or {}) do
    if not allowed[class] then
      fail("unknown", class, what .. " ." .. class .. " is not in the dialect")
    end
  end
end

local function check_raw(el)
  if not el.format:match("html") then
    fail("unknown", el.text:sub(1, 40), "raw " .. el.format .. " is not in the dialect")
  elseif not el.text:match("^%s*<!%-%-.*%-%->%s*$") then
    fail("unknown", el.text:match("^%s*([^\n]*)"):sub(1, 40), "raw HTML is not in the dialect: write Markdown")
  end
  return {}
end

local check
check = {
  traverse = "topdown",
  Div = function(el)
    check_attributes(el, ATTRIBUTES.Div)
    check_classes(el, slides and SLIDE_DIV or DIV, "division")
    if el.classes:includes("panel-tabset") then
      el:walk({ Div = function(inner)
        if inner.classes:includes("panel-tabset") then
          fail("unknown", "panel-tabset", "a tabset inside a tabset: tabsets have one level")
        elseif inner.classes:includes("embed") then
          fail("unknown", "embed", "an embed inside a tabset is lost by Quarto: move it out")
        end
      end })
    end
    if el.classes:includes("cell-output") then
      el:walk({ Header = function(inner)
        fail("output", pandoc.utils.stringify(inner), "a heading printed from a cell: write it in a Markdown cell")
      end })
      return el, false
    end
  end,
  Span = function(el)
    if el.identifier ~= "" or #el.classes > 0 or next(el.attributes) then
      check_attributes(el, ATTRIBUTES.Span)
      check_classes(el, SPAN, "span")
    end
  end,
  Header = function(el)
    check_attributes(el, slides and ATTRIBUTES.Header or {})
    check_classes(el, HEADER, "heading class")
  end,
  Image = function(el) check_attributes(el, ATTRIBUTES.Image) check_classes(el, set(), "image class") end,
  Table = function(el) check_attributes(el, ATTRIBUTES.Table) end,
  Link = function(el) check_attributes(el, ATTRIBUTES.Link) check_classes(el, set("uri", "email"), "link class") end,
  Code = function(el) check_attributes(el, ATTRIBUTES.Code) end,
  CodeBlock = function(el)
    local first = el.classes[1] or ""
    if first:match("^[{=]") or el.attributes.engine then fail("unknown", first, "not in the dialect") end
    check_attributes(el, el.classes:includes("cell-code") and ATTRIBUTES.CodeBlock or {})
  end,
  RawBlock = check_raw,
  RawInline = check_raw,
}

return { check }
