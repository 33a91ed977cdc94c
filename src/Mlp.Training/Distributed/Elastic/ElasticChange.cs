namespace Mlp.Training.Distributed.Elastic;

/// <summary>An elastic group has formed a new generation.</summary>
/// <param name="Generation">Its number, from 1.</param>
/// <param name="WorldSize">Its members.</param>
/// <param name="FormerWorldSize">Members before; 0 for the first generation that this member sees.</param>
/// <param name="Lost">Those that are gone, in words: "rank 2 (process 4711 on host a)".</param>
/// <param name="JoinedCount">How many have joined.</param>
/// <param name="Cause">Why the generation before has ended; null where others wanted to join.</param>
/// <param name="Elapsed">Time from there until the new generation was formed.</param>
public sealed record ElasticChange(int Generation, int WorldSize, int FormerWorldSize, IReadOnlyList<string> Lost, int JoinedCount, string? Cause, TimeSpan Elapsed)
{
    /// <summary>The change as a sentence.</summary>
    public override string ToString()
    {
        var lost = Lost.Count == 0 ? "" : $"{string.Join(", ", Lost)} of {FormerWorldSize} lost";
        var joined = JoinedCount == 0 ? "" : FormattableString.Invariant($"{JoinedCount} joined");
        var what = string.Join(", ", new[] { lost, joined }.Where(part => part.Length > 0));
        return FormattableString.Invariant(
            $"{(what.Length == 0 ? "Formed anew" : what)}{(Cause is null ? "" : $" ({Cause.TrimEnd('.')})")}; {(FormerWorldSize == 0 ? "began" : "going on")} with {WorldSize} in generation {Generation} after {Elapsed.TotalSeconds:0.0} s.");
    }
}
