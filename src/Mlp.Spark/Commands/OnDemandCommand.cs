using System.Collections.ObjectModel;

namespace Mlp.Spark.Commands;

/// <summary>
/// Computes the features of an on-demand view. A map or a group gives the kept columns and then the features; a scalar, whose arguments are the columns of the request in order or by name, gives the feature, or
/// where there are several a struct of them. Immutable.
/// </summary>
internal sealed record OnDemandCommand : WorkerCommand
{
    /// <summary>What the command calls itself.</summary>
    public const string KindName = "onDemand";

    /// <inheritdoc/>
    public override string Kind => KindName;

    /// <summary>The view.</summary>
    public required TransformReference Transform { get; init; }

    /// <summary>The features that are wanted, in this order; null for all, in the view's.</summary>
    public IReadOnlyList<string>? Features { get; init; }

    /// <summary>
    /// Columns with the statuses of stored features (a tinyint: 0 Missing, 1 Present, 3 Expired), by feature, for a map or a group. A feature that is not named is present, and Null where it has no value.
    /// </summary>
    public IReadOnlyDictionary<string, string> Statuses
    {
        get;
        init => field = value ?? ReadOnlyDictionary<string, string>.Empty;
    }
    = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>Columns of the input that a map or a group gives too, in this order.</summary>
    public IReadOnlyList<string> Keep
    {
        get;
        init => field = value ?? [];
    }
    = [];
}
