namespace Mlp.Training.Networks;

/// <summary>What a layer of a network computes in service, with its weights: all that the exporter needs. Dropout does nothing in service and is left out.</summary>
internal abstract record NetworkLayer
{
    /// <summary>y = x · Wᵀ + b.</summary>
    /// <param name="Weight">W, shape (outputs, inputs), row-major.</param>
    /// <param name="Bias">b, shape (outputs).</param>
    public sealed record Linear(float[] Weight, float[] Bias) : NetworkLayer
    {
        public int Outputs => Bias.Length;

        public int Inputs => Weight.Length / Bias.Length;

        /// <summary>This layer and a normalisation after it as one: w' = w · scale / √(variance + epsilon), and so on, computed in double.</summary>
        public Linear Fold(BatchNorm norm)
        {
            var weight = new float[Weight.Length];
            var bias = new float[Bias.Length];
            for (var unit = 0; unit < bias.Length; unit++)
            {
                var factor = norm.Scale[unit] / Math.Sqrt(norm.Variance[unit] + norm.Epsilon);
                bias[unit] = (float)((((double)Bias[unit] - norm.Mean[unit]) * factor) + norm.Shift[unit]);
                for (var i = unit * Inputs; i < (unit + 1) * Inputs; i++)
                {
                    weight[i] = (float)(Weight[i] * factor);
                }
            }

            return new(weight, bias);
        }
    }

    /// <summary>y = (x − mean) / √(variance + epsilon) · scale + shift, each of shape (units).</summary>
    public sealed record BatchNorm(float[] Scale, float[] Shift, float[] Mean, float[] Variance, double Epsilon) : NetworkLayer;

    /// <summary>y = max(0, x).</summary>
    public sealed record Relu : NetworkLayer;

    /// <summary>y = 1 / (1 + e^−x).</summary>
    public sealed record Sigmoid : NetworkLayer;

    /// <summary>y = x · factor + offset: brings a standardised target back to its unit.</summary>
    public sealed record Affine(float Factor, float Offset) : NetworkLayer;
}
