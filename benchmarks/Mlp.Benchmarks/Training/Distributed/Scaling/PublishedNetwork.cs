namespace Mlp.Benchmarks.Training.Distributed.Scaling;

/// <summary>A network whose scaling others have published, with what one GPU was published to do.</summary>
/// <param name="Name">The network.</param>
/// <param name="ImagesPerSecond">Images per second of one Pascal GPU, 64 images a step.</param>
/// <param name="Source">Where that is from.</param>
/// <param name="PublishedEfficiency">Horovod's figure for 512 GPUs.</param>
/// <param name="Layers">Layers from the first to the last.</param>
internal sealed record PublishedNetwork(string Name, double ImagesPerSecond, string Source, double PublishedEfficiency, IReadOnlyList<(long ByteCount, double Multiplications)> Layers)
{
    /// <summary>Images of a step.</summary>
    public const int BatchImages = 64;

    /// <summary>Trained numbers.</summary>
    public long ParameterCount => Layers.Sum(l => l.ByteCount) / sizeof(float);
}
