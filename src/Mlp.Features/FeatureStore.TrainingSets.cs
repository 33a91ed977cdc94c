using Apache.Arrow;
using Mlp.Features.Hosting;
using Mlp.Features.Joins;
using Mlp.Runtime.Data;
using Mlp.Runtime.Telemetry;

namespace Mlp.Features;

/// <content>Training sets that were made before.</content>
public sealed partial class FeatureStore
{
    /// <summary>Makes a training set again: joins its own rows of the question at the commits of its manifest. What was taken in since changes nothing.</summary>
    /// <param name="trainingSet">A set of this store, for example one that was frozen (<see cref="TrainingSet.OpenAsync"/>).</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The same rows, bit for bit; the caller disposes it.</returns>
    /// <exception cref="TrainingSetNotReproducedException">A definition, a commit or the values are not as they were; the message says which.</exception>
    public Task<JoinedTrainingSet> ReproduceAsync(ITrainingSet trainingSet, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(trainingSet);
        return ReproduceAsync(trainingSet.Manifest, TrainingSetReproduction.SpineOf(trainingSet, cancellationToken), cancellationToken);
    }

    /// <summary>Makes a training set again from its manifest: joins rows of the question at its commits. What was taken in since changes nothing.</summary>
    /// <param name="manifest">The manifest, for example of a model that was trained on the set.</param>
    /// <param name="spine">The rows of the question as they were then.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The same rows, bit for bit; the caller disposes it.</returns>
    /// <exception cref="TrainingSetNotReproducedException">A definition, a commit, the rows of the question or the values are not as they were; the message says which.</exception>
    /// <exception cref="SpineException">A column is missing or has another type, or a time is null or outside the years 1 to 9999.</exception>
    public Task<JoinedTrainingSet> ReproduceAsync(TrainingSetManifest manifest, IAsyncEnumerable<RecordBatch> spine, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        ArgumentNullException.ThrowIfNull(spine);
        EnsureOpen();
        var reproduction = new TrainingSetReproduction(Offline, Catalog, _join);
        return Task.Run(
            () => TracedWork.RunAsync(
                () => manifest.FeatureService is { } service ? FeatureActivities.StartForService(FeatureSpans.TrainingSet, service.Name, service.Version) : null,
                () => reproduction.RunAsync(manifest, spine, cancellationToken),
                static (span, set) => span.SetTag("rows", set.Manifest.RowCount)),
            cancellationToken);
    }
}
