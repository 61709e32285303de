#include "tenant/tenant.h"

#include <algorithm>

#include "base/limits.h"
#include "base/text.h"
#include "tenant/tenant_store.h"

namespace kidoban::tenant {

namespace {

bool is_label_character(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; }

// RFC 1035 §2.3.1 with RFC 1123 §2.1: a slug may become a host's first label.
bool is_label(std::string_view text) {
  return !text.empty() && text.size() <= 63 && text.front() != '-' && text.back() != '-' &&
         std::ranges::all_of(text, is_label_character);
}

bool is_host(std::string_view text) {
  if (text.size() > 253) return false;
  const auto labels = split(text, '.');
  return labels.size() >= 2 && std::ranges::all_of(labels, is_label);
}

Status check(const Tenants::New& wanted) {
  if (!is_label(wanted.slug)) {
    return fail(Kind::malformed, "slug_malformed",
                "a slug is 1 to 63 of a-z, 0-9 and dashes, with no dash at either end");
  }
  if (wanted.name.empty() || wanted.name.size() > limits::name_bytes || !is_display_text(wanted.name)) {
    return fail(Kind::malformed, "name_malformed", "the name is empty, too long or not plain text");
  }
  if (!wanted.host.empty() && !is_host(wanted.host)) {
    return fail(Kind::malformed, "host_malformed", "a host is a full DNS name in lower case, without a port");
  }
  return {};
}

Result<Tenant> known(Result<std::optional<Tenant>> found) {
  if (!found) return std::unexpected(std::move(found.error()));
  if (!*found) return fail(Kind::not_found, "tenant_unknown", "there is no such tenant");
  return **std::move(found);
}

}  // namespace

Result<Tenant> Tenants::create(store::SystemTransaction& tx, const New& wanted, const audit::Actor& by) {
  TRY(check(wanted));
  const Tenant made{TenantId{new_id(clock_, random_)}, wanted.slug, wanted.name, wanted.host, State::active,
                    clock_.now()};
  TRY(insert_tenant(tx, made));
  auto inside = tx.as(made.id);
  TRY(keys_.create(inside));
  TRY(audit_.append(inside, {.name = "tenant.created", .actor = by, .target_kind = "tenant", .target = made.id.id,
                             .detail = {{"slug", made.slug}}}));
  return made;
}

Result<Tenant> Tenants::create(const New& wanted, const audit::Actor& by, runtime::Deadline deadline) {
  return store_.system_write(deadline, [&](store::SystemTransaction& tx) { return create(tx, wanted, by); });
}

Result<Tenant> Tenants::find_by_slug(std::string_view slug, runtime::Deadline deadline) {
  // What can't be a slug names nobody; the store isn't asked.
  if (!is_label(slug)) return fail(Kind::not_found, "tenant_unknown");
  return known(store_.system_read(deadline, [&](store::SystemTransaction& tx) { return select_by_slug(tx, slug); }));
}

Result<Tenant> Tenants::find_by_host(std::string_view host, runtime::Deadline deadline) {
  if (!is_host(host)) return fail(Kind::not_found, "tenant_unknown");
  return known(store_.system_read(deadline, [&](store::SystemTransaction& tx) { return select_by_host(tx, host); }));
}

Result<Tenant> Tenants::of(store::Transaction& tx) { return known(select_own(tx)); }

Status Tenants::set_state(const TenantId& id, State state, const audit::Actor& by, runtime::Deadline deadline) {
  return store_.system_write(deadline, [&](store::SystemTransaction& tx) -> Status {
    const auto before = TRY(known(select_tenant(tx, id)));
    if (before.state == state) return {};
    TRY(update_state(tx, id, state));
    auto inside = tx.as(id);
    return audit_.append(inside, {.name = state == State::suspended ? Reason("tenant.suspended") : Reason("tenant.resumed"),
                                  .actor = by, .target_kind = "tenant", .target = id.id});
  });
}

Result<std::vector<Tenant>> Tenants::list(std::string_view after, std::size_t limit, runtime::Deadline deadline) {
  return store_.system_read(deadline, [&](store::SystemTransaction& tx) {
    return select_page(tx, after, std::clamp<std::size_t>(limit, 1, 500));
  });
}

Result<std::int64_t> Tenants::count(runtime::Deadline deadline) {
  return store_.system_read(deadline, [](store::SystemTransaction& tx) { return select_count(tx); });
}

}  // namespace kidoban::tenant
