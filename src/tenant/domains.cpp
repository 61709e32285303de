#include "tenant/domains.h"

#include <libpsl.h>

#include <algorithm>

#include "base/domain_name.h"
#include "base/limits.h"
#include "base/text.h"
#include "tenant/domain_store.h"

namespace kidoban::tenant {

namespace {

// The newer of Debian's list and the one that the library was built with; kept for as long as the process lives.
const psl_ctx_t* public_suffixes() {
  static const std::unique_ptr<psl_ctx_t, decltype(&psl_free)> list(psl_latest(nullptr), &psl_free);
  return list ? list.get() : psl_builtin();
}

bool is_digits(std::string_view text) { return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; }); }

// What is to be changed or found: a name that could never be added is nobody's.
Result<std::string> name_of(std::string_view typed) {
  auto name = canonical_domain(typed);
  if (!name) return fail(Kind::not_found, "domain_unknown");
  return name;
}

audit::Event about(audit::Event by, Reason name, const Domain& domain) {
  by.name = name;
  by.target_kind = "domain";
  by.target.reset();
  by.detail.emplace_back("domain", domain.name);
  return by;
}

}  // namespace

Result<std::string> canonical_domain(std::string_view typed) {
  const auto malformed = [] { return fail(Kind::malformed, "domain_malformed", "a domain is a name such as example.com"); };
  typed = trim(typed);
  if (typed.size() > limits::login_bytes || !is_plain_text(typed)) return malformed();
  auto name = ascii_domain(typed);
  if (!name) return malformed();
  // Its record's name must fit, too (RFC 1035 §2.3.4); and what ends in a number is an address, not a name (RFC 1123 §2.1).
  if (name->size() > 253 - std::string_view("_kidoban.").size() || is_digits(std::string_view(*name).substr(name->rfind('.') + 1))) return malformed();
  if (psl_is_public_suffix(public_suffixes(), name->c_str()) != 0) {
    return fail(Kind::malformed, "domain_public_suffix", "many people have their domains below this one");
  }
  return *std::move(name);
}

Status check_login(store::Transaction& tx, std::string_view canonical_login) {
  const auto rule = TRY(select_login_rule(tx, canonical_login.substr(canonical_login.rfind('@') + 1)));
  if (rule.taken) return fail(Kind::malformed, "login_domain_taken", "another tenant has proved the login's domain");
  if (!rule.holds || rule.inside) return {};
  return fail(Kind::malformed, "login_outside_domains", "the login is in none of the tenant's proved domains");
}

Result<Domain> Domains::add(store::Transaction& tx, std::string_view typed, const audit::Event& by) {
  Domain made;
  made.name = TRY(canonical_domain(typed));
  made.token = base64url(random_.bytes<24>());
  made.created_at = clock_.now();
  made.next_check_at = made.created_at + std::chrono::minutes(1);
  if (TRY(select_domain(tx, made.name))) return fail(Kind::conflict, "domain_exists", made.name + " is there already");
  if (TRY(count_domains(tx)) >= static_cast<std::int64_t>(limits::domains)) {
    return fail(Kind::conflict, "too_many_domains", "a tenant has at most " + std::to_string(limits::domains) + " domains");
  }
  if (!TRY(insert_domain(tx, made))) return fail(Kind::conflict, "domain_exists");
  TRY(audit_.append(tx, about(by, "domain.added", made)));
  return made;
}

Result<Domain> Domains::get(store::Transaction& tx, std::string_view typed) {
  auto found = TRY(select_domain(tx, TRY(name_of(typed))));
  if (!found) return fail(Kind::not_found, "domain_unknown", "the tenant has no such domain");
  return *std::move(found);
}

Result<std::vector<Domain>> Domains::list(store::Transaction& tx, std::string_view after, std::size_t limit) {
  return select_domains(tx, after, std::clamp<std::size_t>(limit, 1, 500));
}

Status Domains::remove(store::Transaction& tx, std::string_view typed, const audit::Event& by) {
  const auto domain = TRY(get(tx, typed));
  TRY(delete_domain(tx, domain.name));
  auto event = about(by, "domain.removed", domain);
  event.detail.emplace_back("proved", domain.is_owned() ? "true" : "false");
  return audit_.append(tx, event);
}

}  // namespace kidoban::tenant
