using Microsoft.ML.OnnxRuntime;
using Mlp.Runtime.Models;

namespace Mlp.Runtime.Inference;

/// <summary>Loads a model with a score before it is published, so that no version is published that could never be loaded.</summary>
internal static class ModelTrial
{
    /// <summary>Loads the model on the processor, looks at its score and runs its golden rows.</summary>
    /// <param name="candidate">What would be published.</param>
    /// <param name="files">The model.</param>
    /// <param name="golden">The rows; null if there are none.</param>
    /// <param name="time">The clock of deadlines, of which there are none here.</param>
    /// <exception cref="InvalidModelException">It cannot be run, or answers differently.</exception>
    /// <exception cref="MissingNativePackageException">The native library of ONNX Runtime is not there.</exception>
    public static void Run(ModelManifest candidate, OnnxFiles files, GoldenRows? golden, TimeProvider time)
    {
        using var model = TrialModel.Open(candidate, files, capacity: 1, time);
        if (golden is null)
        {
            return;
        }

        GoldenRowCheck.RequireLayout(candidate, golden, model.Inputs);
        try
        {
            GoldenRowCheck.Run(candidate, golden, model.Slot);
        }
        catch (OnnxRuntimeException e)
        {
            throw new InvalidModelException(
                candidate.Name, $"Expected a model that runs its golden rows, but ONNX Runtime says: {e.Message.Trim()} ({candidate.Where}).", e);
        }
    }
}
