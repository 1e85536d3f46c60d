// In a chunk of its own, so that the page fetches Grad-CAM when somebody asks for it.
export { drawHeat, explain } from '@zoo/classify';
