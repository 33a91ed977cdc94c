namespace Mlp.Features.Definitions;

/// <summary>Receives the fields of a record, each once and in order. Implement it as a struct: calls are then direct and nothing is boxed.</summary>
internal interface IFeatureFieldWriter
{
    /// <summary>Receives a float32 field.</summary>
    /// <param name="field">Index of the field.</param>
    /// <param name="value">The value.</param>
    void WriteFloat32(int field, float value);

    /// <summary>Receives a float64 field.</summary>
    /// <param name="field">Index of the field.</param>
    /// <param name="value">The value.</param>
    void WriteFloat64(int field, double value);

    /// <summary>Receives an int64 field.</summary>
    /// <param name="field">Index of the field.</param>
    /// <param name="value">The value.</param>
    void WriteInt64(int field, long value);

    /// <summary>Receives a boolean field.</summary>
    /// <param name="field">Index of the field.</param>
    /// <param name="value">The value.</param>
    void WriteBoolean(int field, bool value);

    /// <summary>Receives a text field.</summary>
    /// <param name="field">Index of the field.</param>
    /// <param name="value">The value.</param>
    void WriteString(int field, string value);

    /// <summary>Receives a field that is a vector.</summary>
    /// <param name="field">Index of the field.</param>
    /// <param name="value">Its elements, as many as the field is long; valid during the call.</param>
    void WriteVector(int field, ReadOnlySpan<float> value);

    /// <summary>Receives a field that is null.</summary>
    /// <param name="field">Index of the field.</param>
    void WriteNull(int field);
}
