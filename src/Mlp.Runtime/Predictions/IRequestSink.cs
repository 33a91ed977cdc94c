namespace Mlp.Runtime.Predictions;

/// <summary>A sink that may want the requests of calls by entity, for which on-demand features were computed.</summary>
internal interface IRequestSink : IPredictionSink
{
    /// <summary>Whether <see cref="PredictionRecord.Request"/> is wanted; the same for the life of the sink.</summary>
    bool WantsRequests { get; }
}
