using Microsoft.Extensions.Logging;
using Mlp.Features.Skew;
using Mlp.Runtime.Data;

namespace Mlp.Features;

/// <content>Served rows against the offline store.</content>
public sealed partial class FeatureStore
{
    private int _isCheckingSkew;
    private SkewReport? _lastSkewReport;
    private Exception? _skewFailure;

    /// <summary>What the last skew check found, whoever asked for it; null when there was none since the start.</summary>
    public SkewReport? LastSkewReport => Volatile.Read(ref _lastSkewReport);

    /// <summary>Keeps samples of served rows; null unless the application asked for it.</summary>
    internal SkewSampler? Skew { get; set; }

    /// <summary>Why the last skew check failed; null once one has succeeded.</summary>
    internal Exception? SkewFailure => Volatile.Read(ref _skewFailure);

    /// <summary>
    /// Recomputes the rows that models were served since the last check (<c>AddFeatures(f =&gt; f.CheckSkew())</c> samples them) and compares them bit for bit: stored features from the offline store, for the same entities
    /// and times, and on-demand features by their method, from the requests. Pushed rows that wait become part of the offline store first.
    /// </summary>
    /// <param name="cancellationToken">Gives up; the rows that were being checked are not checked again.</param>
    /// <returns>What was compared, what differs and why, and what was not compared.</returns>
    /// <exception cref="InvalidOperationException">The application does not sample served rows, another check runs, or this process has no open online store.</exception>
    /// <exception cref="Runtime.CorruptFileException">A data file is damaged.</exception>
    public async Task<SkewReport> CheckSkewAsync(CancellationToken cancellationToken = default)
    {
        EnsureOpen();
        var sampler = Skew ?? throw new InvalidOperationException("Expected samples of served rows, but the features were added without CheckSkew.");
        if (Interlocked.Exchange(ref _isCheckingSkew, 1) == 1)
        {
            throw new InvalidOperationException("Expected one skew check at a time, but another one runs.");
        }

        try
        {
            var begun = _time.GetUtcNow();
            await Online.FlushAsync(cancellationToken).ConfigureAwait(false);
            var check = new SkewCheck(Offline, (service, key) => Online.ReadAsync(service, key, Microseconds.FromRequestTime(_time.GetUtcNow()), cancellationToken));
            var report = await Task.Run(() => check.RunAsync(sampler.Sinks(), cancellationToken), cancellationToken).ConfigureAwait(false) with { CheckedAt = begun };
            Volatile.Write(ref _lastSkewReport, report);
            Volatile.Write(ref _skewFailure, null);
            if (!report.IsClean)
            {
                _logger.LogWarning("A skew check found values that a training set would not have: {Summary}", SkewHealth.Summarize(report));
            }

            return report;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            SkewMetrics.Failures.Add(1);
            Volatile.Write(ref _skewFailure, e);
            throw;
        }
        finally
        {
            Volatile.Write(ref _isCheckingSkew, 0);
        }
    }

    /// <summary>Starts the checks that nobody asks for.</summary>
    internal SkewSchedule? StartSkewChecks(TimeSpan? interval)
        => interval is { } time && Directory.IsOwner ? SkewSchedule.Start(CheckSkewAsync, time, _time, _logger) : null;
}
