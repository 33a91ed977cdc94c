using System.Text.Json.Serialization;

namespace Mlp.Training.Runs;

/// <summary>How a run stands.</summary>
public enum RunStatus
{
    /// <summary>A process is writing it.</summary>
    [JsonStringEnumMemberName("running")]
    Running,

    /// <summary>It ended in order.</summary>
    [JsonStringEnumMemberName("finished")]
    Finished,

    /// <summary>It ended with an error, or was disposed of before it was finished.</summary>
    [JsonStringEnumMemberName("failed")]
    Failed,

    /// <summary>Its process is gone without a word: the run holds no lock any more and has no end.</summary>
    [JsonStringEnumMemberName("killed")]
    Killed,
}
