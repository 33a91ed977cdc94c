using Microsoft.Extensions.Logging;
using Microsoft.ML.OnnxRuntime;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;
using Mlp.Runtime.Predictions;

namespace Mlp.Runtime.Versions;

/// <summary>Puts a loaded version into a role: slots of the role's own, each of which has run, and the observers attached. Thread-safe.</summary>
/// <param name="observers">Who may want to hear of predictions.</param>
/// <param name="clock">The clock of calls.</param>
/// <param name="logger">Told of observers that fail.</param>
internal sealed class VersionActivator(IEnumerable<IPredictionObserver> observers, PredictionClock clock, ILogger logger)
{
    /// <summary>Puts a version into a role.</summary>
    /// <param name="loaded">The version, of whose session the caller has taken a lease for the role; it is given back on failure.</param>
    /// <param name="settings">The model's settings.</param>
    /// <param name="variant">The role that observers see; null for one that they are not told of.</param>
    /// <param name="lease">Disposed of when the role has ended: what keeps the version loaded.</param>
    /// <returns>The version in its role, for calls until it is retired.</returns>
    /// <exception cref="InvalidModelException">The model does not run.</exception>
    public ServingVersion Activate(LoadedVersion loaded, ModelSettings settings, string? variant, IDisposable lease)
    {
        var manifest = loaded.Manifest;
        var served = new ServedModel(manifest, variant ?? VersionSelector.FromVersion(manifest.Version).Variant, loaded.Reader?.Description.Keys ?? [], loaded.Inputs.Layout)
        {
            Service = loaded.Reader?.Description.Reference,
        };

        // Without a score there is nothing that observers could hear.
        var recorder = new PredictionRecorder(served, variant is null || loaded.Outputs is null ? [] : observers, logger);
        var serving = new ServingVersion(served, loaded.Session, loaded.Inputs, loaded.Outputs, loaded.Reader, recorder, clock, settings)
        {
            Nulls = loaded.Nulls,
            RunNanoseconds = loaded.RunNanoseconds,
            Engine = loaded.Engine,
            Lease = lease,
        };
        try
        {
            if (loaded.Outputs is not null)
            {
                serving.Singles.Fill(settings.PoolSize, slot => loaded.WarmUp?.Run(slot));
            }

            if (settings.Batching is { } batching && loaded.BatchCosts is { } costs)
            {
                serving.StartBatching(batching, costs);
            }

            return serving;
        }
        catch (Exception e)
        {
            serving.Abandon();
            if (e is OnnxRuntimeException)
            {
                throw new InvalidModelException(
                    manifest.Name,
                    $"Expected a model that runs, but ONNX Runtime says: {e.Message.Trim()} ({manifest.Where}).",
                    e);
            }

            throw;
        }
    }
}
