#include "page/assets.h"

#include <zlib.h>

#include "base/require.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "page/language.h"

namespace kidoban::page {

namespace {

std::string gzip(std::string_view plain) {
  z_stream stream{};
  constexpr int gzip_window = 15 + 16;  // zlib.h: adding 16 writes a gzip header
  require(deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, gzip_window, 9, Z_DEFAULT_STRATEGY) == Z_OK,
          "zlib starts");
  std::string out(deflateBound(&stream, plain.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int done = deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  require(done == Z_STREAM_END, "an asset compresses");
  return out;
}

std::string_view content_type_of(std::string_view extension) {
  if (extension == "css") return "text/css; charset=utf-8";
  if (extension == "js") return "text/javascript; charset=utf-8";
  if (extension == "svg") return "image/svg+xml";
  return "application/octet-stream";
}

}  // namespace

Assets::Assets(Resources folder) {
  constexpr std::string_view prefix = "static/";
  for (const Resource& resource : folder) {
    if (!resource.path.starts_with(prefix)) continue;
    const std::string_view name = resource.path.substr(prefix.size());
    const std::size_t dot = name.rfind('.');
    require(dot != std::string_view::npos, "an asset has an extension");
    const auto digest = crypto::sha256(resource.data);
    const std::string hash = hex(std::span(digest).first(8));
    const std::string file = std::string(name.substr(0, dot)) + "." + hash + std::string(name.substr(dot));
    urls_.emplace(std::string(name), "/assets/" + file);
    assets_.emplace(file, Asset{content_type_of(name.substr(dot + 1)), resource.data, gzip(resource.data)});
  }
}

const std::string& Assets::url(std::string_view name) const {
  const auto found = urls_.find(name);
  require(found != urls_.end(), "the asset is built in");
  return found->second;
}

Result<http::Reply> Assets::answer(const http::Request& request) const {
  const auto found = assets_.find(request.path_value("file"));
  if (found == assets_.end()) return fail(Kind::not_found, "asset_unknown");
  const Asset& asset = found->second;
  http::Reply reply;
  reply.with("Content-Type", std::string(asset.content_type))
      .with("Cache-Control", "public, max-age=31536000, immutable")
      .with("Vary", "Accept-Encoding")
      .with("X-Content-Type-Options", "nosniff")
      .with("Cross-Origin-Resource-Policy", "same-origin");
  const bool compressed = accepts_gzip(request.header("accept-encoding")) && asset.gzip.size() < asset.plain.size();
  if (compressed) reply.with("Content-Encoding", "gzip");
  reply.static_body = compressed ? std::string_view(asset.gzip) : asset.plain;
  return reply;
}

std::size_t Assets::compressed_bytes() const {
  std::size_t total = 0;
  for (const auto& [file, asset] : assets_) total += asset.gzip.size();
  return total;
}

}  // namespace kidoban::page
