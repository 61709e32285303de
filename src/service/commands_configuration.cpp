// kidoban export, kidoban apply: a tenant's configuration as one file.

#include <unistd.h>

#include <boost/json.hpp>
#include <cstdio>
#include <fstream>
#include <iostream>

#include "service/commands.h"
#include "service/configuration.h"
#include "store/joined.h"

namespace kidoban::service {

namespace {

namespace json = boost::json;
using Change = Difference::Kind;

// Whole or not at all: a file that is there is replaced when the new one is written.
Status write_file(const std::string& file, const std::string& text) {
  const std::string beside = file + ".new";
  std::ofstream out(beside, std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  if (!out || std::rename(beside.c_str(), file.c_str()) != 0) {
    std::remove(beside.c_str());
    return fail(Kind::malformed, "file_unwritable", file + " can't be written");
  }
  return {};
}

struct Done {
  json::object before, after;
  std::vector<MadeSecret> secrets;
};

enum class Then : std::uint8_t { undo, keep };
constexpr Reason only_planned = "configuration_planned";

// Everything that the file wants is done, looked at, and kept or undone: what is shown is what would be, not what we believe. With
// `planned_from`, only where the tenant still stands as it stood then.
Result<Done> attempt(const Opened& opened, const Written& file, Prune prune, const json::object* planned_from, Then then) {
  Done done;
  const Status ran = store::write_joined(*opened.house->store, opened.tenant.id, command_deadline(), [&](store::Store& joined) -> Status {
    House& house = *opened.house;
    const auto tenant = TRY(joined.read(opened.tenant.id, command_deadline(), [](store::Transaction& tx) { return tenant::Tenants::of(tx); }));
    done.before = TRY(configuration_of(house, tenant, joined));
    if (planned_from != nullptr && done.before != *planned_from) {
      return fail(Kind::conflict, "configuration_changed", "somebody changed the tenant in between: look at what would change again");
    }
    done.secrets = TRY(apply_configuration(house, tenant, joined, file, prune));
    const auto now = TRY(joined.read(opened.tenant.id, command_deadline(), [](store::Transaction& tx) { return tenant::Tenants::of(tx); }));
    done.after = TRY(configuration_of(house, now, joined));
    if (then == Then::undo) return fail(Kind::conflict, only_planned);
    return {};
  });
  if (!ran && (then == Then::keep || ran.error().reason != only_planned.text())) return std::unexpected(ran.error());
  return done;
}

std::string word_of(Change kind) { return kind == Change::added ? "added" : kind == Change::removed ? "removed" : "changed"; }

std::string title_of(const Difference& one) {
  if (one.what == "tenant") return "[tenant]";
  if (one.what == "settings") return "[settings." + one.name + "]";
  return "[[" + one.what + "]] " + one.name;
}

std::string plain(std::string text) {
  for (char& c : text) c = static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
  return text;
}

std::string told(const std::vector<Difference>& all) {
  std::string out;
  for (const Difference& one : all) {
    out += std::string(one.kind == Change::added ? "+ " : one.kind == Change::removed ? "- " : "~ ") + plain(title_of(one)) + "\n";
    if (one.kind == Change::removed) continue;
    for (const auto& member : one.members) {
      out += "    " + plain(member.member);
      if (!member.from.empty() || !member.to.empty()) {
        if (one.kind == Change::changed) out += ": " + (member.from.empty() ? "(nothing)" : plain(member.from)) + " → " + (member.to.empty() ? "(nothing)" : plain(member.to));
        else out += " = " + plain(member.to);
      }
      out += "\n";
    }
  }
  return out;
}

json::value value_of(const std::string& serialized) { return serialized.empty() ? json::value(nullptr) : json::parse(serialized); }

json::object told_json(const std::vector<Difference>& all, bool applied, const std::vector<MadeSecret>& secrets) {
  json::array changes, made;
  for (const Difference& one : all) {
    json::array members;
    for (const auto& member : one.members) members.push_back(json::object{{"member", member.member}, {"from", value_of(member.from)}, {"to", value_of(member.to)}});
    changes.push_back(json::object{{"change", word_of(one.kind)}, {"what", one.what}, {"name", one.name}, {"members", std::move(members)}});
  }
  for (const MadeSecret& one : secrets) made.push_back(json::object{{"application", one.application}, {"client_id", one.client_id}, {"client_secret", one.client_secret}});
  json::object out{{"changes", std::move(changes)}, {"applied", applied}};
  if (!made.empty()) out["secrets"] = std::move(made);
  return out;
}

std::string counted(const std::vector<Difference>& all) {
  std::size_t counts[3] = {};
  for (const Difference& one : all) ++counts[static_cast<std::size_t>(one.kind)];
  return std::to_string(counts[0]) + " to add, " + std::to_string(counts[1]) + " to change, " + std::to_string(counts[2]) + " to remove.";
}

bool agreed() {
  std::cerr << "Do this? [y/N] " << std::flush;
  std::string line;
  return std::getline(std::cin, line) && (line == "y" || line == "Y" || line == "yes");
}

}  // namespace

Status configuration_export(const Config& config, const Output& out, const std::string& tenant, const std::string& file) {
  const auto opened = TRY(open_tenant(config, tenant));
  json::object document;
  TRY(store::read_joined(*opened.house->store, opened.tenant.id, command_deadline(), [&](store::Store& joined) -> Status {
    document = TRY(configuration_of(*opened.house, opened.tenant, joined));
    return {};
  }));
  const std::string text = out.is_json() ? json::serialize(document) + "\n" : print_configuration(document, configuration_comments(opened.tenant));
  if (!file.empty() && file != "-") return write_file(file, text);
  std::fwrite(text.data(), 1, text.size(), stdout);
  return {};
}

Result<int> configuration_apply(const Config& config, const Output& out, const ApplyArguments& a) {
  const auto file = TRY(read_configuration(TRY(read_file(a.file, configuration_bytes)), a.file == "-" ? "(standard input)" : a.file));
  TRY(check_configuration(file));
  const auto opened = TRY(open_tenant(config, a.tenant));
  const Prune prune = a.prune ? Prune::yes : Prune::no;
  const auto plan = TRY(attempt(opened, file, prune, nullptr, Then::undo));
  const auto wanted = differences(plan.before, plan.after);
  const auto say = [&](bool applied, const std::vector<MadeSecret>& secrets) {
    if (out.is_json()) out.raw(json::serialize(told_json(wanted, applied, secrets)));
  };
  if (wanted.empty()) {
    if (!out.is_json()) out.done("Nothing is otherwise: the tenant is as the file says.");
    say(false, {});
    return 0;
  }
  if (!out.is_json()) std::fputs((told(wanted) + counted(wanted) + "\n").c_str(), stdout);
  if (a.plan) {
    say(false, {});
    return 2;
  }
  if (!a.yes) {
    if (::isatty(STDIN_FILENO) != 1 || a.file == "-") return fail(Kind::malformed, "not_confirmed", "nothing was changed: --yes does it");
    std::fflush(stdout);
    if (!agreed()) return fail(Kind::malformed, "not_confirmed", "nothing was changed");
  }
  const auto done = TRY(attempt(opened, file, prune, &plan.before, Then::keep));
  say(true, done.secrets);
  if (out.is_json()) return 0;
  for (const MadeSecret& one : done.secrets) out.one({{"application", one.application}, {"client_id", one.client_id}, {"client_secret", one.client_secret}});
  out.done(done.secrets.empty() ? "Done." : "Done. Secrets are shown this once.");
  return 0;
}

}  // namespace kidoban::service
