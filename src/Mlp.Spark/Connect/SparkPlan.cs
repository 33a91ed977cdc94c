using Mlp.Spark.Connect.Protocol;

namespace Mlp.Spark.Connect;

/// <summary>
/// A table that is not computed yet. What it is made of is found out when it is first needed, since a model's step looks at the columns that come to it, and then kept. Thread-safe.
/// </summary>
/// <param name="build">Makes the plan.</param>
internal sealed class SparkPlan(Func<CancellationToken, Task<Relation>> build)
{
    private Relation? _built;

    /// <summary>A plan that needs nobody.</summary>
    /// <param name="relation">The plan.</param>
    public static SparkPlan Of(Relation relation) => new(_ => Task.FromResult(relation));

    /// <summary>The plan.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<Relation> BuildAsync(CancellationToken cancellationToken)
        => Volatile.Read(ref _built) ?? Interlocked.CompareExchange(ref _built, await build(cancellationToken).ConfigureAwait(false), null) ?? _built;

    /// <summary>A plan over this one.</summary>
    /// <param name="step">The step.</param>
    public SparkPlan Then(Func<Relation, Relation> step) => new(async token => step(await BuildAsync(token).ConfigureAwait(false)));

    /// <summary>A plan over this one whose step asks the server.</summary>
    /// <param name="step">The step.</param>
    public SparkPlan Then(Func<Relation, CancellationToken, Task<Relation>> step)
        => new(async token => await step(await BuildAsync(token).ConfigureAwait(false), token).ConfigureAwait(false));
}
