#include <chrono>
#include <optional>
#include <utility>

#include "base/text.h"
#include "tenant/tenant.h"

namespace kidoban::tenant {

namespace {

// What stands around {slug} in the tenant URL: "https://", "id.example.com", "/t/".
struct Template {
  bool slug_in_host = false;
  std::string origin;       // where slug is in the path: scheme and host
  std::string before_slug;  // in the path: "/t/"; in the host: ""
  std::string host_suffix;  // where slug is in the host: ".id.example.com"
  std::string scheme, port; // where slug is in the host
};

std::string without_slash(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  return url;
}

// Scheme and host in lower case, as a request's host is compared (RFC 3986 §6.2.2.1).
std::string lower_origin(std::string url) {
  const std::size_t scheme = url.find("://");
  const std::size_t end = std::min(url.find('/', scheme == std::string::npos ? 0 : scheme + 3), url.size());
  return ascii_lower(std::string_view(url).substr(0, end)) + url.substr(end);
}

std::string expanded(const Addressing& addressing) {
  std::string url = addressing.tenant_url;
  constexpr std::string_view mark = "{public_url}";
  if (url.starts_with(mark)) url = without_slash(addressing.public_url) + url.substr(mark.size());
  return lower_origin(std::move(url));
}

Failure malformed(const std::string& url, std::string_view what) {
  return fail(Kind::malformed, "configuration_invalid", "server.tenant_url = \"" + url + "\" " + std::string(what));
}

Result<Template> parse(const Addressing& addressing) {
  const std::string url = expanded(addressing);
  constexpr std::string_view mark = "{slug}";
  const std::size_t at = url.find(mark);
  const std::size_t host_at = url.find("://");
  if (!url.starts_with("http://") && !url.starts_with("https://")) return malformed(url, "is not an http or https URL");
  if (at == std::string::npos || url.find(mark, at + 1) != std::string::npos) {
    return malformed(url, "must have {slug} in it, once");
  }
  const std::size_t path_at = std::min(url.find('/', host_at + 3), url.size());
  const std::string_view after = std::string_view(url).substr(at + mark.size());
  Template out;
  out.scheme = url.substr(0, host_at + 3);
  if (at > path_at) {
    if (!after.empty() || url[at - 1] != '/') return malformed(url, "must end in /{slug}");
    out.origin = url.substr(0, path_at);
    out.before_slug = url.substr(path_at, at - path_at);
    return out;
  }
  if (at != host_at + 3 || !after.starts_with('.') || path_at != url.size()) {
    return malformed(url, "must be scheme://{slug}.host, without a path");
  }
  out.slug_in_host = true;
  const std::size_t colon = after.find(':');
  out.host_suffix = after.substr(0, colon);
  out.port = colon == std::string_view::npos ? "" : after.substr(colon);
  return out;
}

std::string_view without_port(std::string_view host) {
  if (host.starts_with('[')) return host.substr(0, host.find(']') + 1);
  return host.substr(0, host.find(':'));
}

std::string_view host_of(std::string_view url) {
  url.remove_prefix(std::min(url.size(), url.find("://") + 3));
  return without_port(url.substr(0, url.find('/')));
}

std::string url_of(const Template& shape, std::string_view slug, std::string_view own_host) {
  if (!own_host.empty()) return "https://" + std::string(own_host);
  if (shape.slug_in_host) return shape.scheme + std::string(slug) + shape.host_suffix + shape.port;
  return shape.origin + shape.before_slug + std::string(slug);
}

// Kept long enough to spare the store, short enough for a suspension to be felt. Misses are kept too, so that
// guessing slugs costs the store one read each at most, and apart, so that a flood of them drives no tenant out.
constexpr std::size_t tenants_kept = 16 * 1024;
constexpr std::size_t misses_kept = 4 * 1024;
constexpr std::chrono::seconds kept_for{30};
constexpr std::size_t longest_name = 253;  // RFC 1035 §2.3.4, as text

class Finder final : public http::SiteFinder {
 public:
  Finder(Tenants& tenants, Template shape, std::string public_url)
      : tenants_(tenants),
        shape_(std::move(shape)),
        public_url_(std::move(public_url)),
        public_host_(host_of(public_url_)),
        kept_(tenants_kept, kept_for),
        missed_(misses_kept, kept_for) {}

  Located locate(std::string_view host, std::string_view path) const override {
    Located out;
    const std::string_view name = without_port(host);
    // The service's own host may stand beside its tenants' (console.example.com): it is no slug.
    if (shape_.slug_in_host && name != public_host_ && name.size() > shape_.host_suffix.size() &&
        name.ends_with(shape_.host_suffix)) {
      out.scope = http::Scope::tenant;
      out.slug = name.substr(0, name.size() - shape_.host_suffix.size());
      out.path = path;
      return out;
    }
    if (!shape_.slug_in_host && path.starts_with(shape_.before_slug)) {
      const std::string_view rest = path.substr(shape_.before_slug.size());
      const std::size_t slash = std::min(rest.find('/'), rest.size());
      if (slash > 0) {
        out.scope = http::Scope::tenant;
        out.slug = rest.substr(0, slash);
        out.base_path = shape_.before_slug + out.slug;
        out.path = slash == rest.size() ? "/" : rest.substr(slash);
        return out;
      }
    }
    if (is_own_host(name)) {
      out.scope = http::Scope::tenant;
      out.host = name;
      out.path = path;
      return out;
    }
    out.path = path;
    return out;
  }

  Result<http::Site> find(const Located& place, bool tls, runtime::Deadline deadline) override {
    if (place.scope == http::Scope::service) return service_site(tls);
    // What is too long to be a name names nobody, and must not fill the memory of misses.
    if (place.slug.size() + place.host.size() > longest_name) return fail(Kind::not_found, "tenant_unknown");
    const std::string key = key_of(place);
    auto known = kept_.get(key);
    if (!known) {
      if (missed_.get(key)) return fail(Kind::not_found, "tenant_unknown");
      auto found = place.slug.empty() ? tenants_.find_by_host(place.host, deadline)
                                      : tenants_.find_by_slug(place.slug, deadline);
      if (!found) {
        if (found.error().kind == Kind::not_found) missed_.put(key, std::make_shared<const bool>(true));
        return std::unexpected(std::move(found.error()));
      }
      known = std::make_shared<const Tenant>(*std::move(found));
      kept_.put(key, known);
    }
    if (known->state == State::suspended) return fail(Kind::forbidden, "tenant_suspended");
    return site_of(*known, place);
  }

  std::optional<http::Site> remembered(const Located& place, bool tls) override {
    if (place.scope == http::Scope::service) return service_site(tls);
    const auto known = kept_.get(key_of(place));
    if (!known || known->state == State::suspended) return std::nullopt;  // find() says no, from memory too
    return site_of(*known, place);
  }

 private:
  // Any name that isn't the service's and looks like one on the internet may be a tenant's own. Loopback names and
  // addresses are the service's: health checks come by them.
  bool is_own_host(std::string_view name) const {
    if (name.empty() || name == public_host_ || name == "localhost" || name.ends_with(".localhost")) return false;
    if (name.starts_with('[') || name.find('.') == std::string_view::npos) return false;
    return name.find_first_not_of("0123456789.") != std::string_view::npos;
  }

  http::Site service_site(bool tls) const {
    http::Site site;
    site.base_url = public_url_;
    site.secure = tls;
    return site;
  }

  http::Site site_of(const Tenant& tenant, const Located& place) const {
    http::Site site;
    site.tenant = tenant.id;
    site.slug = tenant.slug;
    site.base_url = url_of(shape_, tenant.slug, place.slug.empty() ? tenant.host : std::string());
    site.base_path = place.base_path;
    site.secure = site.base_url.starts_with("https://");
    site.display_name = tenant.name;
    return site;
  }

  static std::string key_of(const Located& place) {
    return place.slug.empty() ? "host " + place.host : "slug " + place.slug;
  }

  Tenants& tenants_;
  Template shape_;
  std::string public_url_, public_host_;
  runtime::Cache<std::string, Tenant> kept_;
  runtime::Cache<std::string, bool> missed_;
};

}  // namespace

Status check(const Addressing& addressing) {
  TRY(parse(addressing));
  return {};
}

std::unique_ptr<http::SiteFinder> make_site_finder(Tenants& tenants, const Addressing& addressing) {
  auto shape = parse(addressing);
  return std::make_unique<Finder>(tenants, shape ? *std::move(shape) : Template{},
                                  lower_origin(without_slash(addressing.public_url)));
}

std::string base_url(const Addressing& addressing, const Tenant& tenant) {
  const auto shape = parse(addressing);
  return url_of(shape ? *shape : Template{}, tenant.slug, tenant.host);
}

}  // namespace kidoban::tenant
