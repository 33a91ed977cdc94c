using System.ComponentModel.DataAnnotations;

namespace Mlp.Training.Networks;

/// <summary>How weights are moved by gradients.</summary>
public sealed class OptimizerOptions
{
    /// <summary>The way.</summary>
    /// <value>The default value is <see cref="OptimizerKind.AdamW"/>.</value>
    [EnumDataType(typeof(OptimizerKind))]
    public OptimizerKind Kind { get; set; } = OptimizerKind.AdamW;

    /// <summary>Share of the running gradient that stochastic gradient descent keeps, 0 to 0.9999.</summary>
    /// <value>The default value is 0.9.</value>
    [Range(0.0, 0.9999)]
    public double Momentum { get; set; } = 0.9;

    /// <summary>Whether stochastic gradient descent looks ahead by its momentum (Nesterov), which must not be 0 then.</summary>
    /// <value>The default value is false.</value>
    public bool Nesterov { get; set; }

    /// <summary>Share of the first moment that Adam keeps, 0 to 0.9999.</summary>
    /// <value>The default value is 0.9.</value>
    [Range(0.0, 0.9999)]
    public double Beta1 { get; set; } = 0.9;

    /// <summary>Share of the second moment that Adam keeps, 0 to 0.999999.</summary>
    /// <value>The default value is 0.999.</value>
    [Range(0.0, 0.999999)]
    public double Beta2 { get; set; } = 0.999;

    /// <summary>What Adam adds to the root of the second moment, 1E-12 to 1.</summary>
    /// <value>The default value is 1E-08.</value>
    [Range(1e-12, 1.0)]
    public double Epsilon { get; set; } = 1e-8;

    /// <summary>Whether biases and the scales and shifts of normalisations decay too. They are what has one dimension.</summary>
    /// <value>The default value is true.</value>
    public bool DecayBiasesAndNorms { get; set; } = true;

    /// <summary>The Euclidean norm of all gradients above which they are scaled down to it, 1E-06 to 1,000,000.</summary>
    /// <value>The default value is null, which stands for no limit.</value>
    [Range(1e-6, 1e6)]
    public double? ClipNorm { get; set; }

    /// <summary>The magnitude at which each gradient is cut off, 1E-06 to 1,000,000.</summary>
    /// <value>The default value is null, which stands for no limit.</value>
    [Range(1e-6, 1e6)]
    public double? ClipValue { get; set; }

    /// <summary>Batches whose gradients are added up for one step, 1 to 10,000: as if the batch were that many times as large, in the memory of one.</summary>
    /// <value>The default value is 1.</value>
    [Range(1, 10_000)]
    public int AccumulationSteps { get; set; } = 1;

    internal OptimizerOptions Copy() => (OptimizerOptions)MemberwiseClone();
}
