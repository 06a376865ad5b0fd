// Which operations a client may do, as the bit fields that KIP-430 answers carry: bit n stands for the
// AclOperation with code n.
#pragma once

#include <cstdint>
#include <limits>

namespace barnabas::broker {

// Not asked for.
inline constexpr std::int32_t kOperationsOmitted = std::numeric_limits<std::int32_t>::min();

namespace operation {
inline constexpr std::int32_t kRead = 1 << 3, kWrite = 1 << 4, kCreate = 1 << 5, kDelete = 1 << 6,
                              kAlter = 1 << 7, kDescribe = 1 << 8, kClusterAction = 1 << 9,
                              kDescribeConfigs = 1 << 10, kAlterConfigs = 1 << 11, kIdempotentWrite = 1 << 12;
}

// All that a resource of the kind supports: the answer of a broker without an authorizer.
inline constexpr std::int32_t kTopicOperations =
    operation::kRead | operation::kWrite | operation::kCreate | operation::kDelete | operation::kAlter |
    operation::kDescribe | operation::kDescribeConfigs | operation::kAlterConfigs;
inline constexpr std::int32_t kGroupOperations = operation::kRead | operation::kDelete |
                                                 operation::kDescribe | operation::kDescribeConfigs |
                                                 operation::kAlterConfigs;
inline constexpr std::int32_t kClusterOperations =
    operation::kCreate | operation::kAlter | operation::kDescribe | operation::kClusterAction |
    operation::kDescribeConfigs | operation::kAlterConfigs | operation::kIdempotentWrite;

}  // namespace barnabas::broker
