namespace Mlp.Spark.Worker.Protocol;

/// <summary>
/// What Spark says of a task before its data. Immutable. Secrets and the local properties of the task, which hold the whole configuration of the session, are passed over and never kept.
/// </summary>
internal sealed record SparkTask
{
    /// <summary>The layout that it came in.</summary>
    public required ProtocolVersion Version { get; init; }

    /// <summary>Index of the partition.</summary>
    public required int PartitionIndex { get; init; }

    /// <summary>What the client called the version of its Python.</summary>
    public required string ClientVersion { get; init; }

    /// <summary>What Spark knows the task by.</summary>
    public required TaskIdentity Identity { get; init; }

    /// <summary>The folder that files of the session lie in.</summary>
    public required string FilesFolder { get; init; }

    /// <summary>Names of Python files that were added; nothing that concerns us.</summary>
    public required IReadOnlyList<string> Includes { get; init; }

    /// <summary>Number of broadcast variables, which are not read.</summary>
    public required int BroadcastCount { get; init; }

    /// <summary>The kind of its functions.</summary>
    public required EvaluationType EvaluationType { get; init; }

    /// <summary>Settings of the session that concern the exchange of data.</summary>
    public required IReadOnlyDictionary<string, string> RunnerSettings { get; init; }

    /// <summary>Settings of the kind of function; empty before 4.2.</summary>
    public required IReadOnlyDictionary<string, string> EvaluationSettings { get; init; }

    /// <summary>The functions, at least one.</summary>
    public required IReadOnlyList<TaskFunction> Functions { get; init; }

    /// <summary>Whether groups come as a stream each, instead of as a batch each of one stream.</summary>
    public bool HasStreamPerGroup => EvaluationTypes.IsGrouped(EvaluationType) && Version >= ProtocolVersion.Spark41;
}
