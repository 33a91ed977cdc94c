namespace Mlp.Spark.Commands;

/// <summary>Calls a method of the user over Arrow. Immutable.</summary>
internal sealed record MethodCommand : WorkerCommand
{
    /// <summary>What the command calls itself.</summary>
    public const string KindName = "method";

    /// <inheritdoc/>
    public override string Kind => KindName;

    /// <summary>The method.</summary>
    public required MethodReference Method { get; init; }

    /// <summary>What the method gives, as the query declares it: checked where it is said. A scalar has one.</summary>
    public IReadOnlyList<ResultColumn>? Outputs { get; init; }
}
