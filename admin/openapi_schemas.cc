#include "admin/openapi.h"

namespace barnabas::admin {
namespace {

constexpr std::string_view kConfigFields =
    "name:string! value:string!? is_default:boolean! is_read_only:boolean! is_sensitive:boolean! "
    "source:string! "
    "synonyms:ConfigSynonymData[]!";

constexpr SchemaRow kSchemas[] = {
    {"Error", "Why a request was refused.", "error_code:integer! message:string!"},
    {"Relationship", "Where something related is.", "related:string!"},
    {"ResourceMetadata", "Where an item is and what it is called.", "self:string! resource_name:string?"},
    {"CollectionMetadata", "Where a list is and where it goes on.", "self:string! next:string?"},
    {"ClusterData", "A cluster.",
     "controller:Relationship acls:Relationship! brokers:Relationship! broker_configs:Relationship! "
     "consumer_groups:Relationship! topics:Relationship! partition_reassignments:Relationship!",
     true},
    {"ClusterDataList", "Clusters.", "kind:string! metadata:CollectionMetadata! data:ClusterData[]!"},
    {"BrokerData", "A broker.",
     "broker_id:integer! host:string port:integer rack:string? configs:Relationship! "
     "partition_replicas:Relationship!",
     true},
    {"BrokerDataList", "Brokers.", "kind:string! metadata:CollectionMetadata! data:BrokerData[]!"},
    {"TopicData", "A topic.",
     "topic_name:string! is_internal:boolean! replication_factor:integer! partitions_count:integer! "
     "partitions:Relationship! configs:Relationship! partition_reassignments:Relationship! "
     "authorized_operations:string[]",
     true},
    {"TopicDataList", "Topics.", "kind:string! metadata:CollectionMetadata! data:TopicData[]!"},
    {"TopicConfigEntry", "A config of a new topic.", "name:string! value:string?"},
    {"CreateTopicRequestData", "A topic to make.",
     "topic_name:string! partitions_count:integer replication_factor:integer replicas_assignments:map "
     "configs:TopicConfigEntry[] validate_only:boolean"},
    {"UpdatePartitionCountRequestData", "The new number of partitions.", "partitions_count:integer!"},
    {"PartitionData", "A partition.",
     "topic_name:string! partition_id:integer! leader:Relationship replicas:Relationship! "
     "reassignment:Relationship!",
     true},
    {"PartitionDataList", "Partitions.", "kind:string! metadata:CollectionMetadata! data:PartitionData[]!"},
    {"PartitionWithOffsetsData", "The ends of a partition.",
     "topic_name:string! partition_id:integer! earliest_offset:int64! latest_offset:int64!", true},
    {"ReplicaData", "A replica.",
     "topic_name:string! partition_id:integer! broker_id:integer! is_leader:boolean! is_in_sync:boolean! "
     "broker:Relationship!",
     true},
    {"ReplicaDataList", "Replicas.", "kind:string! metadata:CollectionMetadata! data:ReplicaData[]!"},
    {"ReassignmentData", "A partition on its way to other brokers.",
     "topic_name:string! partition_id:integer! adding_replicas:integer[]! removing_replicas:integer[]! "
     "replicas:Relationship!",
     true},
    {"ReassignmentDataList", "Reassignments.",
     "kind:string! metadata:CollectionMetadata! data:ReassignmentData[]!"},
    {"ConfigSynonymData", "A place that gives a value, in the order of force.",
     "name:string! value:string!? source:string!"},
    {"TopicConfigDataList", "Configs of topics.",
     "kind:string! metadata:CollectionMetadata! data:TopicConfigData[]!"},
    {"BrokerConfigDataList", "Configs of brokers.",
     "kind:string! metadata:CollectionMetadata! data:BrokerConfigData[]!"},
    {"ClusterConfigDataList", "Configs of all brokers.",
     "kind:string! metadata:CollectionMetadata! data:ClusterConfigData[]!"},
    {"TopicConfigData", "A config of a topic.", kConfigFields, true, "topic_name:string!"},
    {"BrokerConfigData", "A config of a broker.", kConfigFields, true, "broker_id:integer!"},
    {"ClusterConfigData", "A config of all brokers.", kConfigFields, true, "config_type:string!"},
    {"UpdateConfigRequestData", "The new value; null puts the default back.", "value:string?"},
    {"AlterConfigEntry", "One change: SET (the default) or DELETE.",
     "name:string! value:string? operation:string"},
    {"AlterConfigBatchRequestData", "Changes that are made together.",
     "data:AlterConfigEntry[]! validate_only:boolean"},
    {"ConsumerGroupData", "A consumer group.",
     "consumer_group_id:string! is_simple:boolean! partition_assignor:string! state:string! type:string! "
     "is_mixed_consumer_group:boolean! coordinator:Relationship! consumers:Relationship! "
     "lag_summary:Relationship!",
     true},
    {"ConsumerGroupDataList", "Consumer groups.",
     "kind:string! metadata:CollectionMetadata! data:ConsumerGroupData[]!"},
    {"ConsumerData", "A member of a group.",
     "consumer_group_id:string! consumer_id:string! instance_id:string? client_id:string! "
     "assignments:Relationship!",
     true},
    {"ConsumerDataList", "Members.", "kind:string! metadata:CollectionMetadata! data:ConsumerData[]!"},
    {"ConsumerAssignmentData", "A partition that a member reads.",
     "consumer_group_id:string! consumer_id:string! topic_name:string! partition_id:integer! "
     "partition:Relationship! "
     "lag:Relationship!",
     true},
    {"ConsumerAssignmentDataList", "Partitions of a member.",
     "kind:string! metadata:CollectionMetadata! data:ConsumerAssignmentData[]!"},
    {"ConsumerLagData", "How far a group is behind in a partition.",
     "consumer_group_id:string! topic_name:string! partition_id:integer! current_offset:int64! "
     "log_end_offset:int64! "
     "lag:int64! consumer_id:string! instance_id:string? client_id:string!",
     true},
    {"ConsumerLagDataList", "Lags.", "kind:string! metadata:CollectionMetadata! data:ConsumerLagData[]!"},
    {"ConsumerGroupLagSummaryData", "The largest lag and the sum of all.",
     "consumer_group_id:string! max_lag_consumer_id:string! max_lag_instance_id:string? "
     "max_lag_client_id:string! "
     "max_lag_topic_name:string! max_lag_partition_id:integer! max_lag:int64! total_lag:int64! "
     "max_lag_consumer:Relationship! max_lag_partition:Relationship!",
     true},
    {"ShareGroupTopicPartitionData", "A partition that a share group keeps a state of.",
     "topic_name:string! partition_id:integer! partition:Relationship!", true},
    {"ShareGroupData", "A share group.",
     "share_group_id:string! state:string! coordinator:Relationship! consumers:Relationship! "
     "consumer_count:integer! partition_count:integer! "
     "assigned_topic_partitions:ShareGroupTopicPartitionData[]",
     true},
    {"ShareGroupDataList", "Share groups.",
     "kind:string! metadata:CollectionMetadata! data:ShareGroupData[]!"},
    {"ShareGroupConsumerData", "A member of a share group.",
     "group_id:string! consumer_id:string! client_id:string! assignments:Relationship!", true},
    {"ShareGroupConsumerDataList", "Members of a share group.",
     "kind:string! metadata:CollectionMetadata! data:ShareGroupConsumerData[]!"},
    {"ShareGroupConsumerAssignmentData", "A partition that a member of a share group reads.",
     "group_id:string! consumer_id:string! topic_name:string! partition_id:integer! partition:Relationship!",
     true},
    {"ShareGroupConsumerAssignmentDataList", "Partitions of a member of a share group.",
     "kind:string! metadata:CollectionMetadata! data:ShareGroupConsumerAssignmentData[]!"},
    {"ShareGroupOffsetData", "Where a share group goes on; null is not known.",
     "group_id:string! topic_name:string! partition_id:integer! partition:Relationship! "
     "start_offset:int64!? lag:int64!?",
     true},
    {"ShareGroupOffsetDataList", "Offsets of a share group.",
     "kind:string! metadata:CollectionMetadata! data:ShareGroupOffsetData[]!"},
    {"StreamsGroupData", "A streams group.",
     "group_id:string! state:string! coordinator:Relationship! group_epoch:integer! "
     "target_assignment_epoch:integer! topology_epoch:integer! member_count:integer! "
     "subtopology_count:integer! members:Relationship! subtopologies:Relationship!",
     true},
    {"StreamsGroupDataList", "Streams groups.",
     "kind:string! metadata:CollectionMetadata! data:StreamsGroupData[]!"},
    {"StreamsGroupSubtopologyData", "A part of an application of Kafka Streams.",
     "group_id:string! subtopology_id:string! source_topics:string[]!", true},
    {"StreamsGroupSubtopologyDataList", "Parts of an application.",
     "kind:string! metadata:CollectionMetadata! data:StreamsGroupSubtopologyData[]!"},
    {"StreamsGroupMemberData", "A member of a streams group.",
     "group_id:string! member_id:string! process_id:string! client_id:string! instance_id:string? "
     "member_epoch:integer! topology_epoch:integer! is_classic:boolean! assignments:Relationship! "
     "target_assignment:Relationship!",
     true},
    {"StreamsGroupMemberDataList", "Members of a streams group.",
     "kind:string! metadata:CollectionMetadata! data:StreamsGroupMemberData[]!"},
    {"StreamsGroupMemberAssignmentData", "Where the tasks of a member are, by type.",
     "group_id:string! member_id:string! active_tasks:Relationship! standby_tasks:Relationship! "
     "warmup_tasks:Relationship!",
     true},
    {"StreamsTaskData", "The partitions of one subtopology that a member works on.",
     "subtopology_id:string! partition_ids:integer[]!", true},
    {"StreamsTaskDataList", "Tasks of a member.",
     "kind:string! metadata:CollectionMetadata! data:StreamsTaskData[]!"},
    {"StreamsGroupLagData", "How far a streams group is behind in a partition.",
     "group_id:string! topic_name:string! partition_id:integer! current_offset:int64! "
     "log_end_offset:int64! lag:int64!",
     true},
    {"StreamsGroupLagDataList", "Lags of a streams group.",
     "kind:string! metadata:CollectionMetadata! data:StreamsGroupLagData[]!"},
    {"ProduceRequestData", "A key or value: BINARY (base64), STRING or JSON (the default).",
     "type:string data:any"},
    {"ProduceRequestHeader", "A header; its value in base64.", "name:string! value:bytes?"},
    {"ProduceRequest", "A record to append.",
     "partition_id:integer headers:ProduceRequestHeader[] key:ProduceRequestData value:ProduceRequestData "
     "timestamp:datetime"},
    {"ProduceResponseData", "How a key or value was taken.", "size:int64! type:string!"},
    {"ProduceResponse", "Where a record went (error_code 200), or why not.",
     "error_code:integer! message:string cluster_id:string topic_name:string partition_id:integer "
     "offset:int64 "
     "timestamp:datetime key:ProduceResponseData value:ProduceResponseData"},
    {"ProduceBatchRequestEntry", "A record of a batch.",
     "id:string! partition_id:integer headers:ProduceRequestHeader[] key:ProduceRequestData "
     "value:ProduceRequestData "
     "timestamp:datetime"},
    {"ProduceBatchRequest", "Records to append.", "entries:ProduceBatchRequestEntry[]!"},
    {"ProduceBatchSuccess", "Where a record of a batch went.",
     "id:string! cluster_id:string topic_name:string partition_id:integer offset:int64 timestamp:datetime "
     "key:ProduceResponseData value:ProduceResponseData"},
    {"ProduceBatchFailure", "Why a record of a batch was refused.",
     "id:string! error_code:integer! message:string"},
    {"ProduceBatchResponse", "What became of a batch.",
     "successes:ProduceBatchSuccess[]! failures:ProduceBatchFailure[]!"},
    {"RecordHeaderData", "A header; text, or base64 where it is none.",
     "name:string! value:string!? value_format:string!?"},
    {"RecordData", "A record; the formats say how key and value are shown: text, json or base64.",
     "partition_id:integer! offset:int64! timestamp:datetime! timestamp_type:string! key:any! "
     "key_format:string!? "
     "value:any! value_format:string!? headers:RecordHeaderData[]!"},
    {"RecordDataList", "Records in the order of their offsets.",
     "kind:string! metadata:CollectionMetadata! topic_name:string! partition_id:integer! "
     "earliest_offset:int64! "
     "latest_offset:int64! next_offset:int64! data:RecordData[]!"},
    {"Liveness", "The process answers.", "alive:boolean!"},
    {"Readiness", "Whether clients can be served.", "ready:boolean! reason:string!"},
};

}  // namespace

std::span<const SchemaRow> openapi_schemas() {
  return kSchemas;
}

}  // namespace barnabas::admin
