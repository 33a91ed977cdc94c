namespace Mlp.Spark.Commands;

/// <summary>Scores with a model. A map or a group gives the kept columns and then the outputs; a scalar gives the output, or where there are several a struct of them. Immutable.</summary>
internal sealed record ScoreCommand : WorkerCommand
{
    /// <summary>What the command calls itself.</summary>
    public const string KindName = "score";

    /// <inheritdoc/>
    public override string Kind => KindName;

    /// <summary>The model package (<c>.mlpkg</c>), as the registry exports it.</summary>
    public required FileReference Model { get; init; }

    /// <summary>
    /// Where features come from. For a scalar one entry per argument, in order. Features that are not named come from the column, or the named argument, that is called like them; without any entry the
    /// unnamed arguments of a scalar are the features in the model's order.
    /// </summary>
    public IReadOnlyList<InputColumn> Inputs
    {
        get;
        init => field = value ?? [];
    }
    = [];

    /// <summary>Names of the arguments of a scalar, in order: features come from them as from the columns of a table. Null where each argument is a feature. Needed with <see cref="Transforms"/>.</summary>
    public IReadOnlyList<string>? Arguments { get; init; }

    /// <summary>On-demand transforms that run first, in order: what they compute are further columns.</summary>
    public IReadOnlyList<TransformReference> Transforms
    {
        get;
        init => field = value ?? [];
    }
    = [];

    /// <summary>The answers, at least one.</summary>
    public required IReadOnlyList<OutputColumn> Outputs { get; init; }

    /// <summary>Columns of the input that a map or a group gives too, in this order.</summary>
    public IReadOnlyList<string> Keep
    {
        get;
        init => field = value ?? [];
    }
    = [];

    /// <summary>What happens where a feature has no value.</summary>
    public NullHandling Nulls
    {
        get;
        init => field = value ?? new();
    }
    = new();

    /// <summary>How the model runs.</summary>
    public ScoreOptions Options
    {
        get;
        init => field = value ?? new();
    }
    = new();
}
