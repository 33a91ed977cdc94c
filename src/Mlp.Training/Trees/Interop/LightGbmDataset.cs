using System.Runtime.InteropServices;

namespace Mlp.Training.Trees.Interop;

/// <summary>Rows as LightGBM keeps them, binned. Owns native memory.</summary>
internal sealed unsafe class LightGbmDataset() : SafeHandle(0, ownsHandle: true)
{
    public override bool IsInvalid => handle == 0;

    /// <summary>Bins columns that lie in memory already; numbers are read where they are.</summary>
    /// <param name="columns">The columns.</param>
    /// <param name="parameters">Settings as LightGBM writes them.</param>
    /// <param name="reference">Rows whose bins these share; null for bins of their own.</param>
    /// <exception cref="LightGbmException">LightGBM refuses them.</exception>
    public static LightGbmDataset FromColumns(ArrowColumns columns, string parameters, LightGbmDataset? reference = null)
    {
        LightGbmLibrary.EnsureLoaded();
        LightGbmDataset? dataset = null;
        columns.Export((array, schema) =>
        {
            LightGbmNative.Check(
                LightGbmNative.DatasetCreateFromArrow(1, (ArrowArrayStruct*)array, (ArrowSchemaStruct*)schema, parameters, reference?.handle ?? 0, out dataset), "read the rows");
        });
        GC.KeepAlive(reference);
        return dataset!;
    }

    /// <summary>Bins a matrix.</summary>
    /// <param name="rows">Shape (rows, columns), row-major.</param>
    /// <param name="columnCount">Columns.</param>
    /// <param name="parameters">Settings as LightGBM writes them.</param>
    /// <exception cref="LightGbmException">LightGBM refuses them.</exception>
    public static LightGbmDataset FromMatrix(ReadOnlySpan<double> rows, int columnCount, string parameters)
    {
        LightGbmLibrary.EnsureLoaded();
        fixed (double* data = rows)
        {
            LightGbmNative.Check(
                LightGbmNative.DatasetCreateFromMatrix(data, LightGbmNative.Float64, rows.Length / columnCount, columnCount, 1, parameters, 0, out var dataset), "read the rows");
            return dataset;
        }
    }

    /// <summary>Reads a text file as LightGBM itself does: what benchmarks compare with.</summary>
    /// <param name="path">The file.</param>
    /// <param name="parameters">Settings as LightGBM writes them.</param>
    public static LightGbmDataset FromFile(string path, string parameters)
    {
        LightGbmLibrary.EnsureLoaded();
        LightGbmNative.Check(LightGbmNative.DatasetCreateFromFile(path, parameters, 0, out var dataset), "read the file");
        return dataset;
    }

    /// <summary>Some of the rows, with their labels, weights and initial scores, and the bins of all. Groups are to be set anew.</summary>
    /// <param name="rows">Which, in rising order; groups whole.</param>
    /// <param name="parameters">Settings as LightGBM writes them.</param>
    public LightGbmDataset Subset(ReadOnlySpan<int> rows, string parameters)
    {
        LightGbmLibrary.Silence();
        fixed (int* data = rows)
        {
            LightGbmNative.Check(LightGbmNative.DatasetGetSubset(this, data, rows.Length, parameters, out var subset), "take some of the rows");
            return subset;
        }
    }

    public void SetLabels(ReadOnlySpan<float> labels) => Set("label", labels);

    public void SetWeights(ReadOnlySpan<float> weights) => Set("weight", weights);

    /// <summary>Says how many neighbouring rows each group has.</summary>
    public void SetGroups(ReadOnlySpan<int> sizes)
    {
        fixed (int* data = sizes)
        {
            LightGbmNative.Check(LightGbmNative.DatasetSetField(this, "group", data, sizes.Length, LightGbmNative.Int32), "take the groups");
        }
    }

    /// <summary>Says where boosting begins, column by column of the scores.</summary>
    public void SetInitialScores(ReadOnlySpan<double> scores)
    {
        fixed (double* data = scores)
        {
            LightGbmNative.Check(LightGbmNative.DatasetSetField(this, "init_score", data, scores.Length, LightGbmNative.Float64), "take the initial scores");
        }
    }

    public void SetNames(string[] names) => LightGbmNative.Check(LightGbmNative.DatasetSetFeatureNames(this, names, names.Length), "take the features' names");

    protected override bool ReleaseHandle() => LightGbmNative.DatasetFree(handle) == 0;

    private void Set(string field, ReadOnlySpan<float> values)
    {
        fixed (float* data = values)
        {
            LightGbmNative.Check(LightGbmNative.DatasetSetField(this, field, data, values.Length, LightGbmNative.Float32), $"take the {field}s");
        }
    }
}
