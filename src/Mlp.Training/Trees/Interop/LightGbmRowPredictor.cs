using System.Runtime.InteropServices;

namespace Mlp.Training.Trees.Interop;

/// <summary>LightGBM's own way to score one row at a time. Its booster must outlive it; not thread-safe.</summary>
internal sealed unsafe class LightGbmRowPredictor() : SafeHandle(0, ownsHandle: true)
{
    public override bool IsInvalid => handle == 0;

    /// <summary>Scores a row.</summary>
    public void Predict(ReadOnlySpan<float> row, Span<double> scores)
    {
        fixed (float* data = row)
        fixed (double* destination = scores)
        {
            LightGbmNative.Check(LightGbmNative.BoosterPredictSingleRow(this, data, out _, destination), "score a row");
        }
    }

    protected override bool ReleaseHandle() => LightGbmNative.RowPredictorFree(handle) == 0;
}
