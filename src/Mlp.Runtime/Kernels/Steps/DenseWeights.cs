namespace Mlp.Runtime.Kernels.Steps;

/// <summary>The weights of a dense layer in the order in which the kernel reads them: few outputs as one row each, more in panels of sixteen side by side.</summary>
internal sealed class DenseWeights
{
    /// <summary>Outputs of a panel: one vector of 512 bits.</summary>
    public const int PanelWidth = 16;

    /// <summary>Up to so many outputs are computed one by one.</summary>
    private const int FewOutputs = 4;

    /// <summary>Orders weights.</summary>
    /// <param name="weights">Shape (inputs, outputs), row-major.</param>
    /// <param name="bias">One number per output; none for 0.</param>
    /// <param name="inputs">Number of inputs.</param>
    /// <param name="outputs">Number of outputs.</param>
    public DenseWeights(ReadOnlySpan<float> weights, ReadOnlySpan<float> bias, int inputs, int outputs)
    {
        (Inputs, Outputs) = (inputs, outputs);
        PanelCount = outputs <= FewOutputs ? 0 : (outputs + PanelWidth - 1) / PanelWidth;
        Bias = new float[PanelCount == 0 ? outputs : PanelCount * PanelWidth];
        bias.CopyTo(Bias);
        Values = new float[PanelCount == 0 ? inputs * outputs : PanelCount * PanelWidth * inputs];
        for (var input = 0; input < inputs; input++)
        {
            for (var output = 0; output < outputs; output++)
            {
                Values[PositionOf(input, output)] = weights[(input * outputs) + output];
            }
        }

        LargestInput = (float)SumRange.LargestInput(float.MaxValue, inputs, outputs, (input, output) => Values[PositionOf(input, output)], output => Bias[output]);
    }

    /// <summary>Number of inputs.</summary>
    public int Inputs { get; }

    /// <summary>Number of outputs.</summary>
    public int Outputs { get; }

    /// <summary>Number of panels; 0 where each output has a row.</summary>
    public int PanelCount { get; }

    /// <summary>The weights.</summary>
    public float[] Values { get; }

    /// <summary>What is added, for whole panels.</summary>
    public float[] Bias { get; }

    /// <summary>Inputs up to this size give sums within the range of float32 in whichever order they are added.</summary>
    public float LargestInput { get; }

    /// <summary>Where a weight lies.</summary>
    /// <param name="input">Input.</param>
    /// <param name="output">Output.</param>
    public int PositionOf(int input, int output)
        => PanelCount == 0 ? (output * Inputs) + input : (((output / PanelWidth * Inputs) + input) * PanelWidth) + (output % PanelWidth);
}
