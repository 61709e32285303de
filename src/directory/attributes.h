#pragma once
// What can be known of a person: the table of attributes, by name, that the administrators' API, SCIM, CSV and rules of
// groups all speak of; and what a tenant adds to it. Every value is personal and kept sealed.

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/id.h"
#include "base/result.h"

namespace kidoban::directory {

// One of several: a phone, an address, an entitlement (RFC 7643 §2.4's sub-attributes; `display` is its name for people).
struct Contact {
  std::string value, type, display;
  bool primary = false;
  friend bool operator==(const Contact&, const Contact&) = default;
};
using Contacts = std::vector<Contact>;

// An attribute's value; monostate where there is none. Dates are texts, "2026-04-01"; a person is the text of an id.
using Value = std::variant<std::monostate, std::string, bool, std::int64_t, std::vector<std::string>, Contacts>;

struct Profile {
  std::string login;                         // e-mail form, canonical (see canonical_login)
  std::string display_name;
  std::string given_name, family_name;
  std::string given_name_kana, family_name_kana;  // full-width katakana
  std::string email;                         // where mail goes; the login where none is given
  bool email_verified = false;
  Contacts other_emails;                     // 4 at most; mail goes there too
  Contacts phones, ims;                      // 10 at most of each
  Contacts entitlements;
  std::string title, department, organization, employee_number;
  std::string manager;                       // a person's id, or ""
  std::string external_id;                   // the key in the directory that they came from
  std::string linking_id;                    // the key by which applications know them (an immutable id)
  std::string private_email, private_phone;  // where they are reached outside of work
  std::string locale;                        // "ja", "en"; "" for none
  std::string zoneinfo;                      // "Asia/Tokyo"; "" for none
  std::map<std::string, Value> custom;       // by the name that the tenant declared
  friend bool operator==(const Profile&, const Profile&) = default;
};

enum class AttributeType : std::uint8_t { text, flag, number, date, texts, contacts, person };
std::string_view word_of(AttributeType type);  // "text", "flag", …

struct Attribute {
  std::string_view name;
  AttributeType type = AttributeType::text;
  std::size_t items = 1;                     // at most
  std::variant<std::string Profile::*, Contacts Profile::*> place;
};
// Those that every tenant has, in the order in which people read them.
std::span<const Attribute> attributes();
const Attribute* attribute_named(std::string_view name);  // nullptr for none

// What a tenant declares beside them.
struct CustomAttribute {
  std::string name;                          // [a-z][a-z0-9_]{0,39}; "custom.<name>" where attributes are named
  AttributeType type = AttributeType::text;  // not contacts, not person
  std::string label_ja, label_en;
  std::vector<std::string> choices;          // of a text; any where there are none
  bool self_editable = false;
  friend bool operator==(const CustomAttribute&, const CustomAttribute&) = default;
};

constexpr std::string_view custom_prefix = "custom.";

// By name, "custom.badge" too. Monostate where there is no value or no such attribute.
Value value_of(const Profile& profile, std::string_view name);
// Puts or, with monostate, takes away; checked by checked() afterwards. malformed/"attribute_unknown", "attribute_type".
Status set_value(Profile& profile, std::string_view name, Value value, std::span<const CustomAttribute> custom);

// All values in order: names, kinds, counts and sizes; the login in its canonical form, the e-mail address filled in, kana in
// full width. malformed/"login_malformed", "name_malformed", "kana_malformed", "email_malformed", "phone_malformed",
// "locale_malformed", "zoneinfo_malformed", "manager_malformed", "attribute_malformed", "attribute_too_many"; the note names the attribute.
Result<Profile> checked(const Profile& typed, std::span<const CustomAttribute> custom);

// Where mail to somebody goes, each once: the address for it first, then the others, their private one last.
std::vector<std::string> mail_addresses(const Profile& profile);

// "営業", "営業; 開発", …: for a record and a log of changes. Never empty for a value that is there.
std::string text_of(const Value& value);

}  // namespace kidoban::directory
