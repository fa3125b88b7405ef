-- Send one kind of request, or a mix; print the result as one line of JSON.
--
--   wrk -s wrk.lua URL -- KIND RATE CONNECTIONS PATH...
--
-- KIND "same": the request of the command line. KIND "mix": 92% ask with the
-- tag they have, 5% with none, 2% for one of the pages, 1% for only what is new with
-- an older tag. RATE 0 is unlimited; otherwise each connection pauses.

local kind, pause, pages = "same", 0, {}
local tag, older = nil, nil
local threads = {}
counted = {}

function setup(thread) table.insert(threads, thread) end

function init(arguments)
  kind = arguments[1]
  local rate = tonumber(arguments[2])
  if rate > 0 then pause = 1000 * tonumber(arguments[3]) / rate end
  tag, older = arguments[4], arguments[5]
  for index = 6, #arguments do pages[#pages + 1] = arguments[index] end
  math.randomseed(7)
  if kind ~= "mix" then response = nil; request = nil end
  if pause == 0 then delay = nil end
end

-- Of exponential length, as between the requests of many independent readers.
function delay() return math.floor(-math.log(1 - math.random()) * pause + 0.5) end

function request()
  local chance = math.random()
  local gzip = { ["Accept-Encoding"] = "gzip" }
  if chance < 0.92 then
    gzip["If-None-Match"] = tag
    return wrk.format("GET", "/feeds/atom.xml", gzip)
  elseif chance < 0.97 then
    return wrk.format("GET", "/feeds/atom.xml", gzip)
  elseif chance < 0.99 then
    return wrk.format("GET", pages[math.random(#pages)], gzip)
  end
  gzip["If-None-Match"] = older
  gzip["A-IM"] = "feed"
  return wrk.format("GET", "/feeds/atom.xml", gzip)
end

function response(status, headers, body)
  local length = tonumber(headers["content-length"]) or 0
  if status ~= 304 and #body ~= length then status = "torn" end
  counted[status] = (counted[status] or 0) + 1
  local new = headers["etag"]
  -- Keep the tag of the feed, as a reader does; those of pages contain no digests.
  if new and #new > 60 and new ~= tag then
    older, tag = tag, new
  end
end

function done(summary, latency, requests)
  local parts = {}
  for _, thread in ipairs(threads) do
    for key, value in pairs(thread:get("counted")) do
      parts[#parts + 1] = string.format('["%s", %d]', key, value)
    end
  end
  local errors = summary.errors
  print(string.format(
    '{"requests": %d, "seconds": %.6f, "bytes": %d, "failed": %d, "p50": %.3f, "p99": %.3f, "counts": [%s]}',
    summary.requests, summary.duration / 1e6, summary.bytes,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000, table.concat(parts, ", ")))
end
