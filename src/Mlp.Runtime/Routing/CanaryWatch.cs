using Mlp.Runtime.Inference;

namespace Mlp.Runtime.Routing;

/// <summary>
/// What this process sees of one step of a canary: it begins to count when it learns of the step, and again when the champion's or the canary's version changes. Not thread-safe.
/// </summary>
/// <param name="revision">The revision of the route that the step belongs to.</param>
/// <param name="champion">The champion.</param>
/// <param name="canary">The canary.</param>
/// <param name="time">The clock.</param>
internal sealed class CanaryWatch(long revision, ServingVersion champion, ServingVersion canary, TimeProvider time)
{
    private readonly long _began = time.GetTimestamp();
    private readonly VariantReading _champion = champion.Recorder.Counters?.Read() ?? VariantReading.Nothing;
    private readonly VariantReading _canary = canary.Recorder.Counters?.Read() ?? VariantReading.Nothing;
    private int _lookCount;

    /// <summary>The champion.</summary>
    public ServingVersion Champion => champion;

    /// <summary>The canary.</summary>
    public ServingVersion Canary => canary;

    /// <summary>Whether it still is about the same.</summary>
    /// <param name="otherRevision">Revision of the route.</param>
    /// <param name="otherChampion">The champion.</param>
    /// <param name="otherCanary">The canary.</param>
    public bool IsOf(long otherRevision, ServingVersion otherChampion, ServingVersion otherCanary)
        => otherRevision == revision && ReferenceEquals(otherChampion, champion) && ReferenceEquals(otherCanary, canary);

    /// <summary>Looks.</summary>
    /// <param name="state">The canary's state, whose step this is.</param>
    /// <returns>What is to be done.</returns>
    public CanaryVerdict Judge(CanaryState state)
    {
        var evidence = new CanaryEvidence(
            time.GetElapsedTime(_began),
            (champion.Recorder.Counters?.Read() ?? VariantReading.Nothing).Since(_champion),
            (canary.Recorder.Counters?.Read() ?? VariantReading.Nothing).Since(_canary),
            _lookCount);
        var verdict = CanaryJudge.Judge(state.Plan, state.Step, evidence);
        _lookCount = verdict.LookCount;
        return verdict;
    }
}
