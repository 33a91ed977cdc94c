namespace Mlp.Monitoring.Sampling;

/// <summary>What is drawn when predictions are sampled.</summary>
public enum SamplingUnit
{
    /// <summary>Each request: the answer that was served and the shadows beside it are kept together or not at all.</summary>
    Request,

    /// <summary>Each entity: all predictions about one entity are kept, or none. A prediction without an entity key is drawn by its request.</summary>
    Entity,
}
