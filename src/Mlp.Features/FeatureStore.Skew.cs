using Mlp.Features.Skew;
using Mlp.Runtime.Data;

namespace Mlp.Features;

/// <content>Served rows against the offline store.</content>
public sealed partial class FeatureStore
{
    private int _isCheckingSkew;

    /// <summary>Keeps samples of served rows; null unless the application asked for it.</summary>
    internal SkewSampler? Skew { get; set; }

    /// <summary>
    /// Recomputes the rows that models were served since the last check (<c>AddFeatures(f =&gt; f.CheckSkew())</c> samples them) from the offline store, for the same entities and times, and compares them bit for bit. On-demand
    /// features, which need the request, are not compared. Pushed rows that wait become part of the offline store first.
    /// </summary>
    /// <param name="cancellationToken">Gives up; the rows that were being checked are not checked again.</param>
    /// <returns>What was compared, and what differs and why.</returns>
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
            await Online.FlushAsync(cancellationToken).ConfigureAwait(false);
            var check = new SkewCheck(Offline, (service, key) => Online.ReadAsync(service, key, Microseconds.FromRequestTime(_time.GetUtcNow()), cancellationToken));
            return await Task.Run(() => check.RunAsync(sampler.Sinks(), cancellationToken), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Volatile.Write(ref _isCheckingSkew, 0);
        }
    }
}
