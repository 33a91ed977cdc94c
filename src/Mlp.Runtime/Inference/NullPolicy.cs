namespace Mlp.Runtime.Inference;

/// <summary>What a model does with a feature that has no value: a null in a table, or a status other than Present.</summary>
public enum NullPolicy
{
    /// <summary>
    /// What the model was made for: a model with an input <c>status</c> sees that there is no value; without one, a float is NaN, and any other type is an <see cref="Error"/>, because
    /// the 0, false or empty text that the model would see is a value like any other.
    /// </summary>
    Automatic,

    /// <summary>A <see cref="NullFeatureException"/>.</summary>
    Error,

    /// <summary>NaN; for floats only.</summary>
    NaN,

    /// <summary>A value of the feature's type.</summary>
    Value,
}
