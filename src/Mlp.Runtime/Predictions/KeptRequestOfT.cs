namespace Mlp.Runtime.Predictions;

/// <summary>The request of a call, of one type.</summary>
/// <typeparam name="TRequest">The request.</typeparam>
internal sealed class KeptRequest<TRequest> : KeptRequest
{
    private TRequest? _value;

    /// <summary>The request, while <see cref="KeptRequest.IsSet"/>.</summary>
    public ref readonly TRequest Value => ref _value!;

    /// <summary>Keeps a request.</summary>
    /// <param name="value">The request.</param>
    public void Set(in TRequest value) => (_value, IsSet) = (value, true);

    /// <inheritdoc/>
    public override void Clear() => (_value, IsSet) = (default, false);
}
