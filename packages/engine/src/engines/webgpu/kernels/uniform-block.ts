/** A uniform block's fields in their order: the WGSL and the values come from one list. */
export class UniformBlock<Name extends string> {
  private readonly names: readonly Name[];

  constructor(private readonly types: Readonly<Record<Name, 'u32' | 'i32' | 'f32'>>) {
    this.names = Object.keys(types) as Name[];
  }

  /** The block's declaration as `sizes`. */
  declaration(binding: number): string {
    const fields = this.names.map((name) => `${name}: ${this.types[name]}`);
    return `struct Sizes { ${fields.join(', ')} }
@group(0) @binding(${binding}) var<uniform> sizes: Sizes;`;
  }

  /** Constants of the fields' own names, but for some. */
  constants(except: readonly string[] = []): string {
    const names = this.names.filter((name) => !except.includes(name));
    return names.map((name) => `let ${name} = sizes.${name};`).join(' ');
  }

  /** The bytes of a call's values. */
  values(values: Readonly<Record<Name, number>>): ArrayBuffer {
    const bytes = new ArrayBuffer(this.names.length * 4);
    const view = new DataView(bytes);
    this.names.forEach((name, index) => {
      if (this.types[name] === 'f32') view.setFloat32(index * 4, values[name], true);
      // Negative integers are stored as their two's complement, as i32 wants them.
      else view.setInt32(index * 4, values[name], true);
    });
    return bytes;
  }
}
