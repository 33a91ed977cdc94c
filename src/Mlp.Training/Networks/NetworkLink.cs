using System.Runtime.InteropServices;
using Mlp.Runtime.Models;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace Mlp.Training.Networks;

/// <summary>What turns a network's outputs into scores: sigmoid, softmax, or the label's unit.</summary>
/// <param name="Task">What is predicted.</param>
/// <param name="Scale">How labels became targets.</param>
/// <param name="Outputs">Outputs of the network, and scores of a row.</param>
internal sealed record NetworkLink(ModelTask Task, TargetScale Scale, int Outputs)
{
    /// <summary>Scores of outputs.</summary>
    /// <param name="outputs">Shape (rows, outputs), float32.</param>
    public Tensor Apply(Tensor outputs) => Task switch
    {
        ModelTask.BinaryClassification => outputs.sigmoid(),
        ModelTask.MulticlassClassification => outputs.softmax(1),
        ModelTask.Regression => outputs.mul(Scale.Factor).add(Scale.Offset),
        _ => outputs,
    };
}
