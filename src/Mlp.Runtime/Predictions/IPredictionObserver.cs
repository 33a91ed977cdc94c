namespace Mlp.Runtime.Predictions;

/// <summary>Wants to hear of predictions. Runtime tells, Monitoring listens.</summary>
public interface IPredictionObserver
{
    /// <summary>Called when a model version comes into service, before its first prediction.</summary>
    /// <param name="model">The version.</param>
    /// <returns>Where its predictions go, or null if they are not wanted.</returns>
    IPredictionSink? Attach(ServedModel model);
}
