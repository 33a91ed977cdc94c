using System.Runtime.InteropServices;
using System.Text;

namespace Mlp.Training.Trees.Interop;

/// <summary>Trees in LightGBM's memory. Scoring is thread-safe; training is not, and runs under a <see cref="LightGbmThreads"/>.</summary>
internal sealed unsafe class LightGbmBooster() : SafeHandle(0, ownsHandle: true)
{
    public override bool IsInvalid => handle == 0;

    /// <summary>Begins to train.</summary>
    /// <param name="training">Rows; they must outlive the booster.</param>
    /// <param name="parameters">Settings as LightGBM writes them.</param>
    /// <exception cref="LightGbmException">LightGBM refuses rows or settings.</exception>
    public static LightGbmBooster Create(LightGbmDataset training, string parameters)
    {
        LightGbmLibrary.EnsureLoaded();
        LightGbmNative.Check(LightGbmNative.BoosterCreate(training, parameters, out var booster), "begin to train");
        return booster;
    }

    /// <summary>Reads a text model.</summary>
    /// <exception cref="LightGbmException">LightGBM refuses it.</exception>
    public static LightGbmBooster Load(string text)
    {
        LightGbmLibrary.EnsureLoaded();
        using var threads = new LightGbmThreads(1);
        LightGbmNative.Check(LightGbmNative.BoosterLoadModelFromString(text, out _, out var booster), "read the model");
        return booster;
    }

    public void AddValidation(LightGbmDataset rows) => LightGbmNative.Check(LightGbmNative.BoosterAddValidation(this, rows), "take the validation rows");

    /// <summary>Puts the trees of another model before its own.</summary>
    public void Merge(LightGbmBooster other) => LightGbmNative.Check(LightGbmNative.BoosterMerge(this, other), "continue from the model");

    /// <summary>Gives the leaves of its trees new values, from the rows that it trains on.</summary>
    /// <param name="leaves">The leaf of each row in each tree, shape (rows, trees), row-major.</param>
    /// <param name="rowCount">Number of rows.</param>
    public void Refit(ReadOnlySpan<int> leaves, int rowCount)
    {
        LightGbmLibrary.Silence();
        fixed (int* data = leaves)
        {
            LightGbmNative.Check(LightGbmNative.BoosterRefit(this, data, rowCount, leaves.Length / rowCount), "refit the leaves");
        }
    }

    /// <summary>Adds an iteration.</summary>
    /// <returns>False if no tree could be split any more.</returns>
    public bool Update()
    {
        LightGbmNative.Check(LightGbmNative.BoosterUpdate(this, out var isFinished), "train an iteration");
        return isFinished == 0;
    }

    /// <summary>How many metrics are measured.</summary>
    public int MetricCount
    {
        get
        {
            LightGbmNative.Check(LightGbmNative.BoosterGetMetricCount(this, out var count), "count its metrics");
            return count;
        }
    }

    /// <summary>The metrics after the last iteration.</summary>
    /// <param name="dataIndex">0 for the training rows, 1 for the validation rows.</param>
    public double[] Metrics(int dataIndex)
    {
        var metrics = new double[MetricCount];
        fixed (double* data = metrics)
        {
            LightGbmNative.Check(LightGbmNative.BoosterGetMetrics(this, dataIndex, out _, data), "measure its metrics");
        }

        return metrics;
    }

    /// <summary>Scores of the rows of training (0) or validation (1) after the last iteration, with the output transformation, column by column.</summary>
    public double[] Scores(int dataIndex)
    {
        LightGbmNative.Check(LightGbmNative.BoosterGetScoreCount(this, dataIndex, out var count), "count its scores");
        var scores = new double[count];
        fixed (double* data = scores)
        {
            LightGbmNative.Check(LightGbmNative.BoosterGetScores(this, dataIndex, out _, data), "give its scores");
        }

        return scores;
    }

    /// <summary>Scores rows, on the calling thread alone.</summary>
    /// <param name="rows">Shape (rows, columns), row-major; NaN where a value is missing.</param>
    /// <param name="columnCount">Columns.</param>
    /// <param name="predictType">What to give.</param>
    /// <param name="scores">Shape (rows, scores of a row), row-major.</param>
    /// <param name="parameters">Settings as LightGBM writes them.</param>
    public void Predict(ReadOnlySpan<double> rows, int columnCount, int predictType, Span<double> scores, string parameters)
    {
        LightGbmLibrary.Silence();
        using var threads = new LightGbmThreads(1);
        fixed (double* data = rows)
        fixed (double* destination = scores)
        {
            LightGbmNative.Check(
                LightGbmNative.BoosterPredictForMatrix(
                    this, data, LightGbmNative.Float64, rows.Length / columnCount, columnCount, 1, predictType, 0, 0, parameters, out _, destination),
                "score the rows");
        }
    }

    /// <inheritdoc cref="Predict(ReadOnlySpan{double}, int, int, Span{double}, string)"/>
    public void Predict(ReadOnlySpan<float> rows, int columnCount, int predictType, Span<double> scores, string parameters)
    {
        LightGbmLibrary.Silence();
        using var threads = new LightGbmThreads(1);
        fixed (float* data = rows)
        fixed (double* destination = scores)
        {
            LightGbmNative.Check(
                LightGbmNative.BoosterPredictForMatrix(
                    this, data, LightGbmNative.Float32, rows.Length / columnCount, columnCount, 1, predictType, 0, 0, parameters, out _, destination),
                "score the rows");
        }
    }

    /// <summary>Prepares to score one row at a time.</summary>
    public LightGbmRowPredictor RowPredictor(int columnCount, int predictType, string parameters)
    {
        LightGbmNative.Check(
            LightGbmNative.BoosterPredictSingleRowInit(this, predictType, 0, 0, LightGbmNative.Float32, columnCount, parameters, out var predictor), "prepare to score rows");
        return predictor;
    }

    /// <summary>The model as text.</summary>
    /// <param name="iterationCount">How many iterations to write; 0 for all.</param>
    public string ToText(int iterationCount)
    {
        LightGbmLibrary.Silence();
        var buffer = new byte[1 << 20];
        while (true)
        {
            long length;
            fixed (byte* data = buffer)
            {
                LightGbmNative.Check(LightGbmNative.BoosterSaveModelToString(this, 0, iterationCount, 0, buffer.Length, out length, data), "write the model");
            }

            if (length <= buffer.Length)
            {
                // The length counts the zero at the end.
                return Encoding.UTF8.GetString(buffer, 0, (int)length - 1);
            }

            buffer = new byte[length];
        }
    }

    protected override bool ReleaseHandle() => LightGbmNative.BoosterFree(handle) == 0;
}
