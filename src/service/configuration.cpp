#include "service/configuration.h"

#include <algorithm>
#include <boost/json.hpp>
#include <set>

#include "base/text.h"
#include "federation/oidc/client_settings.h"
#include "service/configuration_kinds.h"
#include "tenant/renaming.h"

namespace kidoban::service {

namespace {

namespace json = boost::json;

constexpr std::string_view settings_path = "/settings/";

// Rows of the API that read and replace a section: those are the settings there are.
std::vector<std::string> sections(const http::Routes& routes) {
  std::set<std::string> read, written;
  for (const http::Route& one : routes.all()) {
    const std::string_view path = std::string_view(one.path).substr(std::min(one.path.size(), api_root.size()));
    if (!path.starts_with(settings_path) || path.find_first_of("/{", settings_path.size()) != std::string_view::npos) continue;
    const std::string section(path.substr(settings_path.size()));
    if (one.method == http::Method::get) read.insert(section);
    if (one.method == http::Method::put) written.insert(section);
  }
  std::vector<std::string> both;
  std::ranges::set_intersection(read, written, std::back_inserter(both));
  return both;
}

Result<json::object> object_at(OperatorApi& api, const std::string& path) { return json::parse(TRY(api.get(path)).body).as_object(); }

// All pages of a list.
Result<json::array> all_of(OperatorApi& api, const std::string& path, std::string_view rows) {
  json::array all;
  for (std::string after;;) {
    auto page = TRY(object_at(api, path + (after.empty() ? "" : "?limit=500&after=" + percent_encode(after))));
    for (auto& one : page.at(rows).as_array()) all.push_back(std::move(one));
    const auto* next = page.if_contains("next");
    if (next == nullptr) return all;
    after = next->as_string();
  }
}

std::string text_in(const json::object& from, std::string_view name) {
  const auto* value = from.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

bool is_nothing(const json::value& value) {
  return value.is_null() || (value.is_string() && value.get_string().empty()) || (value.is_array() && value.get_array().empty());
}

// A tenant as it stands, with the ids that the document leaves out.
class Standing {
 public:
  Standing(House& house, const tenant::Tenant& tenant, store::Store& on) : house_(house), tenant_(tenant), on_(on), api_(house, tenant, on) {}

  OperatorApi& api() { return api_; }
  store::Store& store() { return on_; }

  Result<json::object> document() {
    json::object out{{"format", 1}, {"tenant", json::object{{"name", tenant_.name}}}};
    std::vector<std::pair<std::string, json::array>> lists;
    for (const ConfigurationKind& kind : configuration_kinds()) lists.emplace_back(kind.word, TRY(list(kind)));
    json::object settings;
    for (const std::string& section : sections(api_.routes())) {
      json::value value = TRY(object_at(api_, std::string(settings_path) + section));
      each_text(value, [&](const std::string& text) { return named(text); });
      settings[section] = std::move(value);
    }
    out["settings"] = std::move(settings);
    for (auto& [word, items] : lists) out[word] = std::move(items);
    return out;
  }

  // Things of one kind, by name; what they are known by from then on.
  Result<json::array> list(const ConfigurationKind& kind) {
    std::map<std::string, json::object> by_name;
    for (auto& [id, item] : *kind.path == '\0' ? TRY(applications()) : TRY(from_api(kind))) {
      const std::string name = text_in(item, kind.key);
      if (!by_name.emplace(name, std::move(item)).second) {
        return fail(Kind::conflict, "name_ambiguous", "two things of the kind " + std::string(kind.word) + " are called \"" + name + "\": give one another name");
      }
      note(kind.word, name, id);
    }
    json::array out;
    for (auto& [name, item] : by_name) out.push_back(std::move(item));
    return out;
  }

  void note(const std::string& kind, const std::string& name, const std::string& id) {
    ids_[kind][name] = id;
    names_[id] = {kind, name};
  }
  // "" where there is none.
  std::string id_of(const std::string& kind, const std::string& name) const {
    const auto of_kind = ids_.find(kind);
    if (of_kind == ids_.end()) return {};
    const auto found = of_kind->second.find(name);
    return found == of_kind->second.end() ? std::string() : found->second;
  }

  Result<std::string> person(const std::string& login) {
    return on_.read(tenant_.id, command_deadline(), [&](store::Transaction& tx) -> Result<std::string> {
      const auto found = house_.directory.find_by_login(tx, login);
      if (!found && found.error().kind != Kind::malformed) return std::unexpected(found.error());
      return found && *found ? (*found)->id.text() : std::string();
    });
  }

 private:
  using Items = std::vector<std::pair<std::string, json::object>>;

  Result<Items> from_api(const ConfigurationKind& kind) {
    Items out;
    for (const auto& one : TRY(all_of(api_, kind.path, kind.rows))) {
      const auto& from = one.as_object();
      if (const auto* fixed = from.if_contains("fixed"); fixed != nullptr && fixed->as_bool()) continue;  // every tenant has it
      json::object item;
      for (const auto& member : kind.members) {
        const auto* value = from.if_contains(member.name);
        if (value != nullptr && (member.required || !is_nothing(*value))) item[member.name] = *value;
      }
      out.emplace_back(text_in(from, kind.id), std::move(item));
    }
    if (std::string_view(kind.word) == "group") TRY(add_groups_within(out));
    return out;
  }

  Status add_groups_within(Items& groups) {
    std::map<std::string, std::string> name_of;
    for (const auto& [id, item] : groups) name_of[id] = text_in(item, "name");
    for (auto& [id, item] : groups) {
      if (item.contains("rule")) continue;  // has no groups in it
      std::set<std::string> within;
      for (const auto& member : TRY(all_of(api_, "/groups/" + id + "/members", "members"))) {
        if (member.at("type").as_string() == "group") within.insert(name_of[std::string(member.at("id").as_string())]);
      }
      if (!within.empty()) item["groups"] = json::value_from(std::vector<std::string>(within.begin(), within.end()));
    }
    return {};
  }

  Result<Items> applications() {
    Items out;
    for (std::optional<Id> after;;) {
      const auto page = TRY(on_.read(tenant_.id, command_deadline(), [&](store::Transaction& tx) { return house_.applications.list(tx, after, 500); }));
      for (const auto& one : page) {
        if (one.protocol != "oidc") continue;
        json::object item{{"client_id", one.identifier}, {"name", one.name}};
        if (!one.launch_url.empty()) item["launch_url"] = one.launch_url;
        item["enabled"] = one.enabled;
        item["oidc"] = json::parse(TRY(federation::oidc::settings_without_secret(one)));
        out.emplace_back(one.identifier, std::move(item));
      }
      if (page.size() < 500) return out;
      after = page.back().id;
    }
  }

  // What a setting's text is in the document: another installation has other ids.
  std::string named(const std::string& text) {
    if (text.starts_with('@')) return "@" + text;
    if (!Id::parse(text)) return text;
    if (const auto known = names_.find(text); known != names_.end()) return spelled({known->second.first, known->second.second});
    const auto person = api_.get("/people/" + text);
    if (!person) return text;
    return spelled({"person", text_in(json::parse(person->body).as_object(), "login")});
  }

  House& house_;
  const tenant::Tenant& tenant_;
  store::Store& on_;
  OperatorApi api_;
  std::map<std::string, std::map<std::string, std::string>> ids_;           // kind, name
  std::map<std::string, std::pair<std::string, std::string>> names_;        // id
};

// What the file says, laid over what stands: lists are replaced as a whole.
void lay_over(json::object& stands, const json::object& wanted) {
  for (const auto& member : wanted) {
    auto* before = stands.if_contains(member.key());
    if (before != nullptr && before->is_object() && member.value().is_object()) lay_over(before->get_object(), member.value().get_object());
    else stands[member.key()] = member.value();
  }
}

class Applying {
 public:
  Applying(House& house, const tenant::Tenant& tenant, store::Store& joined, const Written& file, Prune prune)
      : house_(house), tenant_(tenant), file_(file), prune_(prune), standing_(house, tenant, joined) {}

  // Attributes before rules that speak of them, things before settings that name them, and what goes goes last.
  Result<std::vector<MadeSecret>> run() {
    before_ = TRY(standing_.document());
    TRY(name());
    TRY(section("directory"));
    for (const ConfigurationKind& kind : configuration_kinds()) TRY(things(kind));
    TRY(groups_within());
    if (const auto* settings = file_.content.if_contains("settings")) {
      for (const auto& one : settings->as_object()) {
        if (one.key() != "directory") TRY(section(std::string(one.key())));
      }
    }
    if (prune_ == Prune::yes) {
      const auto kinds = configuration_kinds();
      for (auto kind = kinds.rbegin(); kind != kinds.rend(); ++kind) TRY(prune(*kind));
    }
    return std::move(secrets_);
  }

 private:
  // Where it is in the file: the member that the refusal speaks of, if it can be told.
  Failure refused(Error error, const std::string& path, const std::string& what) const {
    std::string place = path;
    std::string word;
    for (const char c : error.note + " ") {
      const bool inside = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '[' || c == ']';
      if (inside) {
        word += c;
        continue;
      }
      while (word.ends_with('.')) word.pop_back();
      if (!word.empty() && file_.places.contains(path + "." + word)) {
        place = path + "." + word;
        break;
      }
      word.clear();
    }
    error.note = file_.at(place) + what + ": " + error.note;
    return Failure(std::move(error));
  }

  Result<http::Reply> ask(http::Method method, std::string path, const json::object& body, const std::string& place, const std::string& what) {
    auto reply = standing_.api().call({method, std::move(path), body.empty() ? std::string() : json::serialize(body)});
    if (!reply) return refused(std::move(reply.error()), place, what);
    return reply;
  }

  Status name() {
    const auto* wanted = file_.content.if_contains("tenant");
    if (wanted == nullptr || !wanted->as_object().contains("name")) return {};
    const Status done = standing_.store().write(tenant_.id, command_deadline(), [&](store::Transaction& tx) {
      return tenant::rename(tx, house_.audit, text_in(wanted->as_object(), "name"), by_operator());
    });
    if (!done) return refused(done.error(), "tenant.name", "[tenant]");
    return {};
  }

  Status section(const std::string& name) {
    const auto* settings = file_.content.if_contains("settings");
    const auto* wanted = settings == nullptr ? nullptr : settings->as_object().if_contains(name);
    if (wanted == nullptr) return {};
    const std::string place = "settings." + name;
    const auto* stands = before_.at("settings").as_object().if_contains(name);
    if (stands == nullptr) return refused(fail(Kind::malformed, "section_unknown", "there are no such settings").error(), place, "[" + place + "]");
    json::value now = *wanted;
    if (prune_ == Prune::no) {
      now = *stands;
      lay_over(now.as_object(), wanted->as_object());
    }
    if (now == *stands) return {};
    std::string unknown;
    TRY(resolve(now, unknown));
    if (!unknown.empty()) return refused(fail(Kind::not_found, "reference_unknown", "there is no " + unknown).error(), place, "[" + place + "]");
    TRY(ask(http::Method::put, std::string(settings_path) + name, now.as_object(), place, "[" + place + "]"));
    return {};
  }

  Status resolve(json::value& value, std::string& unknown) {
    Status outcome;
    each_text(value, [&](const std::string& text) -> std::string {
      if (text.starts_with("@@")) return text.substr(1);
      if (!is_reference(text)) return text;
      const Reference to = reference_in(text);
      std::string id;
      if (to.kind == "person") {
        auto found = standing_.person(to.name);
        if (!found) outcome = std::unexpected(found.error());
        else id = *found;
      } else {
        id = standing_.id_of(to.kind, to.name);
      }
      if (id.empty()) unknown = text;
      return id;
    });
    return outcome;
  }

  const json::object* standing_item(const ConfigurationKind& kind, const std::string& name) const {
    for (const auto& one : before_.at(kind.word).as_array()) {
      if (text_in(one.as_object(), kind.key) == name) return &one.as_object();
    }
    return nullptr;
  }

  Status things(const ConfigurationKind& kind) {
    const auto* wanted = file_.content.if_contains(kind.word);
    if (wanted == nullptr) return {};
    std::size_t number = 0;
    for (const auto& one : wanted->as_array()) {
      const std::string place = std::string(kind.word) + "[" + std::to_string(number++) + "]";
      const auto& item = one.as_object();
      const std::string name = text_in(item, kind.key), what = "[[" + std::string(kind.word) + "]] " + name;
      const auto* stands = standing_item(kind, name);
      if (*kind.path == '\0') {
        if (const Status put = application(item, stands); !put) return refused(put.error(), place, what);
        continue;
      }
      json::object made, changed;
      for (const auto& member : kind.members) {
        const auto* value = item.if_contains(member.name);
        const auto* has = stands == nullptr ? nullptr : stands->if_contains(member.name);
        if (std::string_view(member.name) == "groups") continue;  // once all are there
        if (value == nullptr) {
          if (prune_ == Prune::yes && has != nullptr) changed[member.name] = member.takes == ConfigurationMember::Takes::flag ? json::value(true) : json::value("");
          continue;
        }
        if (stands == nullptr && !member.after_making) made[member.name] = *value;
        else if (stands != nullptr ? (has == nullptr ? !is_nothing(*value) : *has != *value) : value->is_bool() && !value->get_bool()) changed[member.name] = *value;
      }
      if (stands == nullptr) {
        const auto reply = TRY(ask(http::Method::post, kind.path, made, place, what));
        standing_.note(kind.word, name, text_in(json::parse(reply.body).as_object(), kind.id));
      }
      if (!changed.empty()) TRY(ask(http::Method::patch, std::string(kind.path) + "/" + percent_encode(standing_.id_of(kind.word, name)), changed, place, what));
    }
    return {};
  }

  Status application(const json::object& item, const json::object* stands) {
    federation::Application wanted;
    wanted.identifier = text_in(item, "client_id");
    wanted.name = text_in(item, "name");
    json::object oidc;
    if (stands != nullptr) {
      wanted.launch_url = text_in(*stands, "launch_url");
      wanted.enabled = stands->at("enabled").as_bool();
      if (prune_ == Prune::no) oidc = stands->at("oidc").as_object();
    }
    if (item.contains("launch_url") || prune_ == Prune::yes) wanted.launch_url = text_in(item, "launch_url");
    if (const auto* enabled = item.if_contains("enabled")) wanted.enabled = enabled->as_bool();
    lay_over(oidc, item.at("oidc").as_object());
    wanted.settings = json::serialize(oidc);
    const auto put = TRY(standing_.store().write(tenant_.id, command_deadline(), [&](store::Transaction& tx) {
      return federation::oidc::put_client(tx, house_.applications, wanted, by_operator(), house_.random);
    }));
    if (!put.client_secret.empty()) secrets_.push_back({wanted.name, put.client_id, put.client_secret});
    return {};
  }

  // Out before in: what moves from one group into another makes no circle on the way.
  Status groups_within() {
    const auto* wanted = file_.content.if_contains("group");
    if (wanted == nullptr) return {};
    const auto& kind = *kind_named("group");
    for (const auto method : {http::Method::del, http::Method::put}) {
      std::size_t number = 0;
      for (const auto& one : wanted->as_array()) {
        const std::string place = "group[" + std::to_string(number++) + "]";
        const auto& item = one.as_object();
        const std::string name = text_in(item, "name");
        const auto* stands = standing_item(kind, name);
        if (!item.contains("groups") && prune_ == Prune::no) continue;
        const auto names = [](const json::object* from) {
          std::set<std::string> out;
          if (from == nullptr || !from->contains("groups")) return out;
          for (const auto& inner : from->at("groups").as_array()) out.emplace(inner.as_string());
          return out;
        };
        const auto had = names(stands), wants = names(&item);
        for (const std::string& inner : method == http::Method::del ? had : wants) {
          if ((method == http::Method::del ? wants : had).contains(inner)) continue;
          const std::string id = standing_.id_of("group", inner), what = "[[group]] " + name;
          if (id.empty()) return refused(fail(Kind::not_found, "group_unknown", "groups: there is no group " + inner).error(), place, what);
          TRY(ask(method, "/groups/" + standing_.id_of("group", name) + "/members/" + id, {}, place, what));
        }
      }
    }
    return {};
  }

  Status prune(const ConfigurationKind& kind) {
    const auto* wanted = file_.content.if_contains(kind.word);
    if (wanted == nullptr) return {};
    std::set<std::string> named;
    for (const auto& one : wanted->as_array()) named.insert(text_in(one.as_object(), kind.key));
    for (const auto& one : before_.at(kind.word).as_array()) {
      const std::string name = text_in(one.as_object(), kind.key);
      if (named.contains(name)) continue;
      if (*kind.path == '\0') {
        // People's consents and the audit speak of it: it is switched off.
        auto off = one.as_object();
        off["enabled"] = false;
        TRY(application(off, &one.as_object()));
        continue;
      }
      TRY(ask(http::Method::del, std::string(kind.path) + "/" + percent_encode(standing_.id_of(kind.word, name)), {}, kind.word,
              std::string(kind.word) + " " + name + ", which isn't in the file"));
    }
    return {};
  }

  House& house_;
  const tenant::Tenant& tenant_;
  const Written& file_;
  const Prune prune_;
  Standing standing_;
  json::object before_;
  std::vector<MadeSecret> secrets_;
};

}  // namespace

Result<json::object> configuration_of(House& house, const tenant::Tenant& tenant, store::Store& on) { return Standing(house, tenant, on).document(); }

Result<std::vector<MadeSecret>> apply_configuration(House& house, const tenant::Tenant& tenant, store::Store& joined, const Written& file, Prune prune) {
  return Applying(house, tenant, joined, file, prune).run();
}

Comments configuration_comments(const tenant::Tenant& tenant) {
  Comments all{{"", "The configuration of a tenant of Kidoban (here: " + tenant.slug + ").\nkidoban apply --tenant SLUG FILE makes a tenant like this, after showing what would change."},
               {"tenant", "What it is called."},
               {"settings.audit", "How long records of what happened are kept."},
               {"settings.directory", "Attributes of its own, who is the master of which, how long who was deleted is kept."},
               {"settings.mail", "What is written to people, and in whose name."},
               {"settings.password", "What is asked of passwords."},
               {"settings.transfer", "How many deletions of a file want to be confirmed."}};
  for (const ConfigurationKind& kind : configuration_kinds()) all.emplace_back(kind.word, kind.comment);
  return all;
}

}  // namespace kidoban::service
