using Mlp.Runtime.Data;
using Mlp.TestSupport;
using Mlp.Training.Networks;
using Mlp.Training.Networks.Weights;

namespace Mlp.Training.Tests.Distributed.DataParallel;

/// <summary>Trains replicas and looks at what comes out.</summary>
internal static class ReplicaTrainings
{
    /// <summary>Weights and statistics of a network, by name.</summary>
    public static SortedDictionary<string, float[]> WeightsOf(TrainedNetwork network)
    {
        using var folder = new TempDirectory();
        network.SaveWeights(folder.Combine("weights"));
        using var file = SafetensorsFile.Open(folder.Combine("weights"));
        return new(file.Tensors.Where(t => t.Type == SafetensorsType.F32).ToDictionary(t => t.Name, t => file.ReadFloats(t.Name)), StringComparer.Ordinal);
    }

    /// <summary>Trains, and takes the weights.</summary>
    public static async Task<SortedDictionary<string, float[]>> FitAsync(NetworkOptions options, ITrainingSet rows)
    {
        using var network = await new NetworkTrainer(options).FitAsync(rows);
        return WeightsOf(network);
    }

    /// <summary>The largest difference between two networks.</summary>
    public static double Distance(SortedDictionary<string, float[]> a, SortedDictionary<string, float[]> b)
    {
        Assert.Equal(a.Keys, b.Keys);
        return a.Max(t => t.Value.Zip(b[t.Key], (x, y) => (double)Math.Abs(x - y)).Max());
    }
}
