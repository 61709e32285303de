#pragma once
// A profile's sealed form (one JSON object), and its values as JSON.

#include <boost/json/value.hpp>

#include "directory/attributes.h"

namespace kidoban::directory {

// An address to send mail to: as it was typed, but for what an input method or a paste brought along (full-width forms,
// spaces around it, characters that can't be seen). malformed/"email_malformed" for what could be nobody's login either.
Result<std::string> mail_address(std::string_view typed);

// "text", true, 3, ["a"], [{"value":"+81-3-…","type":"work","display":"…","primary":true}]; null for nothing.
boost::json::value json_of(const Value& value, boost::json::storage_ptr memory = {});
// One that every tenant has.
boost::json::value json_of(const Profile& profile, const Attribute& attribute, boost::json::storage_ptr memory = {});
// Of the attribute's type. malformed/"attribute_type"; members of a contact that nobody knows are refused.
Result<Value> value_from_json(std::string_view name, AttributeType type, const boost::json::value& json);

std::string profile_json(const Profile& profile);
Result<Profile> profile_from_json(std::string_view json);

}  // namespace kidoban::directory
