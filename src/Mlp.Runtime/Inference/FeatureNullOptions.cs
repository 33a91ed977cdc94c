namespace Mlp.Runtime.Inference;

/// <summary>What one feature does without a value.</summary>
public sealed class FeatureNullOptions
{
    /// <summary>The policy.</summary>
    /// <value>The default value is <see cref="NullPolicy.Automatic"/>.</value>
    public NullPolicy Policy { get; set; }

    /// <summary>What stands for no value with <see cref="NullPolicy.Value"/>, in the invariant culture: for example <c>0</c>, <c>-1.5</c>, <c>true</c> or a text.</summary>
    /// <value>The default value is null.</value>
    public string? Value { get; set; }
}
