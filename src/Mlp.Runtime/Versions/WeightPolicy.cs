using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;

namespace Mlp.Runtime.Versions;

/// <summary>
/// Where the weights of a version in service shall lie. Automatic ones move by what is measured: mapped weights make a run up to twice as slow, so they become resident while runs take a share of
/// one processor that is worth it, and are mapped again when nothing has been called for a time. Not thread-safe.
/// </summary>
/// <param name="settings">The model's settings.</param>
/// <param name="time">The clock.</param>
internal sealed class WeightPolicy(ModelSettings settings, TimeProvider time)
{
    private const double WorthwhileShare = 0.01;
    private const long UnmeasuredNanoseconds = 1_000_000;

    private ServingVersion? _observed;
    private long _rowCount;
    private long _since;
    private long _lastCall;

    /// <summary>Looks at what has been called since the last look.</summary>
    /// <param name="serving">The version in service.</param>
    /// <returns>Where its weights shall lie.</returns>
    public WeightStorage Choose(ServingVersion serving)
    {
        if (settings.Weights != WeightStorage.Automatic)
        {
            return settings.Weights;
        }

        var now = time.GetTimestamp();
        if (serving != _observed)
        {
            (_observed, _rowCount, _since, _lastCall) = (serving, serving.RowCount, now, now);
            return serving.Weights;
        }

        var elapsed = time.GetElapsedTime(_since, now);
        if (elapsed < settings.AliasPollInterval / 2)
        {
            // Woken early: too short a time to measure.
            return serving.Weights;
        }

        var rows = serving.RowCount - _rowCount;
        (_rowCount, _since, _lastCall) = (serving.RowCount, now, rows > 0 ? now : _lastCall);
        if (serving.Weights == WeightStorage.Resident)
        {
            return time.GetElapsedTime(_lastCall, now) >= settings.MapWeightsAfter ? WeightStorage.Mapped : WeightStorage.Resident;
        }

        // A model of task Tensors has not been measured.
        var share = rows * (double)(serving.RunNanoseconds > 0 ? serving.RunNanoseconds : UnmeasuredNanoseconds) / elapsed.TotalNanoseconds;
        return share >= WorthwhileShare ? WeightStorage.Resident : WeightStorage.Mapped;
    }
}
