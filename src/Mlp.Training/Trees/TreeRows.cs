using Mlp.Training.Preprocessing;
using Mlp.Training.Trees.Interop;

namespace Mlp.Training.Trees;

/// <summary>A run of labelled rows that LightGBM is handed.</summary>
/// <param name="Rows">All rows.</param>
/// <param name="First">The first of the run.</param>
/// <param name="Count">Number of rows.</param>
internal readonly record struct TreeRows(LabelledRows Rows, int First, int Count)
{
    public ReadOnlySpan<double> Labels => Rows.Labels.Slice(First, Count);

    /// <summary>How much each row counts, with the weights of its class; empty when all count the same.</summary>
    /// <param name="options">Settings.</param>
    /// <exception cref="ArgumentException">A class that the settings name does not exist.</exception>
    public float[] Weights(TreeOptions options)
    {
        float[] weights = Rows.Weights.IsEmpty ? [] : Rows.Weights.Slice(First, Count).ToArray();
        if (options.ClassWeights.Count == 0)
        {
            return weights;
        }

        IReadOnlyList<string> names = Rows.ClassNames.Count > 0 ? Rows.ClassNames : ["0", "1"];
        if (options.ClassWeights.Keys.FirstOrDefault(k => !names.Contains(k)) is { } unknown)
        {
            throw new ArgumentException($"Expected class weights for {string.Join(", ", names.Select(n => $"'{n}'"))}, but found '{unknown}'.", nameof(options));
        }

        float[] ofClass = [.. names.Select(n => options.ClassWeights.TryGetValue(n, out var weight) ? (float)weight : 1)];
        if (weights.Length == 0)
        {
            weights = new float[Count];
            weights.AsSpan().Fill(1);
        }

        for (var row = 0; row < Count; row++)
        {
            weights[row] *= ofClass[(int)Labels[row]];
        }

        return weights;
    }

    /// <summary>Bins the rows.</summary>
    /// <param name="encoding">How features become columns.</param>
    /// <param name="options">Settings.</param>
    /// <param name="parameters">Settings in LightGBM's words.</param>
    /// <param name="reference">Rows whose bins these share; null for bins of their own.</param>
    /// <exception cref="LightGbmException">LightGBM refuses them.</exception>
    public LightGbmDataset ToDataset(TreeEncoding encoding, TreeOptions options, string parameters, LightGbmDataset? reference = null)
    {
        var dataset = LightGbmDataset.FromColumns(encoding.ToColumns(Rows.Table, First, Count), parameters, reference);
        try
        {
            var labels = new float[Count];
            for (var row = 0; row < Count; row++)
            {
                labels[row] = (float)Labels[row];
            }

            dataset.SetLabels(labels);
            if (Weights(options) is { Length: > 0 } weights)
            {
                dataset.SetWeights(weights);
            }

            if (!Rows.Groups.IsEmpty)
            {
                dataset.SetGroups(GroupSizes());
            }

            if (reference is null)
            {
                dataset.SetNames(TreeFeatureNames.Safe(encoding.Columns.Select(c => c.Name)));
            }

            return dataset;
        }
        catch
        {
            dataset.Dispose();
            throw;
        }
    }

    /// <summary>How many neighbouring rows each group has.</summary>
    public int[] GroupSizes()
    {
        var groups = Rows.Groups.Slice(First, Count);
        var sizes = new List<int>();
        for (var row = 0; row < groups.Length; row++)
        {
            if (row == 0 || groups[row] != groups[row - 1])
            {
                sizes.Add(0);
            }

            sizes[^1]++;
        }

        return [.. sizes];
    }
}
