using System.Text.Json.Serialization;

namespace Mlp.Runtime.Data;

/// <summary>The kind of one part of an entity key. The numbers are tags of the canonical key encoding, the words stand in files; neither ever changes.</summary>
public enum EntityValueKind : byte
{
    /// <summary>No value; every feature of the entity reads Missing.</summary>
    Null = 0,

    /// <summary>A 64-bit integer; smaller integers are widened.</summary>
    [JsonStringEnumMemberName("int64")]
    Int64 = 1,

    /// <summary>Text, compared ordinally as UTF-8.</summary>
    [JsonStringEnumMemberName("string")]
    String = 2,

    /// <summary>A GUID, big-endian.</summary>
    [JsonStringEnumMemberName("guid")]
    Guid = 3,
}
