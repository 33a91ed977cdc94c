using System.Text.Json.Serialization;

namespace Mlp.Spark.Commands;

/// <summary>
/// What the worker does in a task: the bytes that Spark carries as the code of a Python function, unread, from whoever plans the query to the worker. They are JSON, so that any client can write them, and
/// small: models and assemblies are named, not carried. Immutable.
/// </summary>
internal abstract record WorkerCommand
{
    /// <summary>The version of commands that is written, and the only one that is read.</summary>
    public const int CurrentVersion = 1;

    /// <summary>Version of the command.</summary>
    [JsonPropertyName("v")]
    [JsonPropertyOrder(-2)]
    public int Version { get; } = CurrentVersion;

    /// <summary>Which command it is.</summary>
    [JsonPropertyOrder(-1)]
    public abstract string Kind { get; }
}
