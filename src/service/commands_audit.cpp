// audit subcommands.

#include <cstdio>
#include <fstream>
#include <memory>

#include "audit/export.h"
#include "audit/verification.h"
#include "base/text.h"
#include "service/commands.h"
#include "service/house.h"

namespace kidoban::service {

namespace {

constexpr std::size_t heads_file_bytes = 16 * 1024 * 1024;

Result<std::vector<std::string>> heads_in(const std::string& file) {
  std::vector<std::string> heads;
  if (file.empty()) return heads;
  std::ifstream in(file, std::ios::binary);
  std::size_t read = 0;
  for (std::string line; std::getline(in, line);) {
    if ((read += line.size()) > heads_file_bytes) return fail(Kind::malformed, "configuration_invalid", file + " is too large for a file of heads");
    const auto head = trim(std::string_view(line).substr(0, line.find_last_not_of('\r') + 1));
    if (!head.empty()) heads.emplace_back(head);
  }
  if (heads.empty()) return fail(Kind::malformed, "configuration_invalid", "there is no head in " + file);
  return heads;
}

}  // namespace

Status audit_list(const Config& config, const Output& out, const std::string& tenant_slug, std::int64_t limit) {
  const auto house = TRY(House::open(config));
  const auto tenant = TRY(house->tenants.find_by_slug(tenant_slug, command_deadline()));
  const auto records = TRY(house->store->read(tenant.id, command_deadline(), [&](store::Transaction& tx) {
    return house->audit.read(tx, {}, std::nullopt, static_cast<std::size_t>(limit));
  }));
  std::vector<Fields> rows;
  for (const audit::Record& one : records) {
    rows.push_back({{"at", rfc3339(to_us(one.at))},
                    {"event", one.name},
                    {"outcome", one.outcome},
                    {"reason", one.reason},
                    {"actor", one.actor_kind + (one.actor ? " " + one.actor->text() : "")},
                    {"target", one.target_kind + (one.target ? " " + one.target->text() : "")},
                    {"detail", one.detail_json}});
  }
  out.many("records", rows);
  return {};
}

Status audit_seal(const Config& config, const Output& out, const std::string& tenant_slug) {
  const auto house = TRY(House::open(config));
  const auto tenant = TRY(house->tenants.find_by_slug(tenant_slug, command_deadline()));
  const auto sealed = TRY(house->sealer.seal(tenant.id, command_deadline()));
  out.one({{"tenant", tenant.slug}, {"sealed", std::to_string(sealed)}});
  return {};
}

Status audit_head(const Config& config, const Output& out, const std::string& tenant_slug) {
  const auto house = TRY(House::open(config));
  const auto tenant = TRY(house->tenants.find_by_slug(tenant_slug, command_deadline()));
  const auto latest = TRY(house->store->read(tenant.id, command_deadline(), [&](store::Transaction& tx) { return house->sealer.latest(tx); }));
  if (!latest) return fail(Kind::not_found, "audit_head_missing", "nothing was sealed yet: kidoban audit seal does it");
  out.one({{"records", std::to_string(latest->head.tree_size)}, {"at", rfc3339(to_us(latest->head.at))}, {"jws", latest->jws}});
  return {};
}

Status audit_verify(const Config& config, const Output& out, const std::string& tenant_slug, const std::string& heads_file) {
  const auto heads = TRY(heads_in(heads_file));
  const auto house = TRY(House::open(config));
  const auto tenant = TRY(house->tenants.find_by_slug(tenant_slug, command_deadline()));
  audit::Verifier verifier(*house->store, house->keys, house->sealer);
  const auto verdict = TRY(verifier.verify(tenant.id, heads));
  Fields fields{{"result", verdict.first_bad ? "altered" : "ok"},
                {"records", std::to_string(verdict.size)},
                {"present", std::to_string(verdict.present)},
                {"retired", std::to_string(verdict.retired)},
                {"unsealed", std::to_string(verdict.unsealed)},
                {"unmarked", std::to_string(verdict.unmarked)},
                {"heads", std::to_string(verdict.heads)},
                {"kept_heads", std::to_string(heads.size())},
                {"root_hash", base64url(std::span<const std::uint8_t>(verdict.root))}};
  if (!verdict.first_bad) {
    out.one(fields);
    return {};
  }
  const audit::Finding& bad = *verdict.first_bad;
  fields.emplace_back("what", bad.what);
  fields.emplace_back("note", bad.note);
  if (bad.position) fields.emplace_back("position", std::to_string(*bad.position));
  if (bad.record) fields.emplace_back("record", bad.record->text());
  out.one(fields);
  return fail(Kind::conflict, "audit_altered",
              "the audit of " + tenant.slug + " was altered: " + (bad.record ? "record " + bad.record->text() + ": " : "") + bad.what + ": " + bad.note);
}

Status audit_export(const Config& config, const std::string& tenant_slug, const std::string& format_name) {
  const auto format = audit::format_named(format_name);
  if (!format) return fail(Kind::malformed, "configuration_invalid", "--format is csv, jsonl, syslog or cef");
  const auto house = TRY(House::open(config));
  const auto tenant = TRY(house->tenants.find_by_slug(tenant_slug, command_deadline()));
  audit::Event event{.name = "audit.exported", .actor = {audit::ActorKind::operator_, std::nullopt}};
  event.target_kind = "audit";
  TRY(house->store->write(tenant.id, command_deadline(), [&](store::Transaction& tx) { return house->audit.append(tx, event); }));
  const auto print = [](const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); };
  print(audit::heading_of(*format));
  std::optional<Id> before;
  do {
    const auto page = TRY(house->store->read(tenant.id, command_deadline(), [&](store::Transaction& tx) {
      return house->audit.page(tx, {}, before, 500);
    }));
    for (const audit::Record& one : page.records) print(audit::line_of(*format, one, tenant.slug));
    before = page.next;
  } while (before);
  return {};
}

}  // namespace kidoban::service
