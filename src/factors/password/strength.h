#pragma once
// How good a chosen password is: what can be told from the password itself, its policy and its owner. Any thread.

#include <string>
#include <string_view>
#include <vector>

#include "factors/password/policy.h"

namespace kidoban::factors::password {

// zxcvbn's score (Wheeler, USENIX Security 2016): 0 under 10^3 guesses, 1 under 10^6, 2 under 10^8, 3 under 10^10, else 4.
// What the estimate costs grows with the length (64 characters of dates: 40 ms; 100: 360 ms), so it sees the first and the
// last 64 bytes, and the better of the two counts. Full-width letters are read as what they stand for.
// Up to 80 ms: call where slow work has its place.
int strength_of(std::string_view spelled, const std::vector<std::string>& own_words);

// What is wrong with it but for history and breaches: "password_too_short" {least}, "password_too_long" {most},
// "password_few_kinds" {wanted}, "password_own_words", "password_too_common".
std::vector<Fault> faults_of(std::string_view spelled, const Policy& policy, const std::vector<std::string>& own_words);

}  // namespace kidoban::factors::password
